import EventLog
import Events
import FeatureStore
import Features
import Jobs
import NIOCore

/// Carries the emissions of a commit to where they go: `attribution_events`, `dead_letters`, the sessions' signal streams. Every receiver
/// can take one twice: ids are derived from the record that caused it (DESIGN §6.4).
struct Emitter {
    /// Bytes of one append: far less than the log lets wait, however much a commit has to emit.
    private static let appendByteCountMax = 4 << 20

    let setup: JobSetup
    let store: JobStore

    func emit(_ emissions: [(partition: Int32, emissions: [Emission])]) throws {
        var batch = AppendBatch()
        var signals = store.makeSignalBatch()
        for (partition, emissions) in emissions {
            for emission in emissions {
                try add(emission, of: partition, to: &batch, &signals)
                if batch.bytes.count >= Emitter.appendByteCountMax { try append(&batch) }
            }
        }
        if signals.count > 0 { try store.append(signals) }
        if !batch.records.isEmpty { try append(&batch) }
    }

    private func append(_ batch: inout AppendBatch) throws {
        for case .failed(let error) in setup.log.appendBlocking(batch) { throw error }
        batch = AppendBatch()
    }

    private func add(_ emission: Emission, of partition: Int32, to batch: inout AppendBatch, _ signals: inout SignalBatch) throws {
        switch emission {
        case .forward(let user, let offset, let index, let kind, let test, let variant, let segment, let at):
            let id = EventID(topic: setup.topic, partition: partition, offset: offset, index: index)
            forward(id, offset, user, kind, test: test, variant: variant, segment: segment, at: at, to: &batch)
        case .deadLetter(let user, let offset, let reason, let value):
            let id = EventID(topic: setup.topic, partition: partition, offset: offset, index: 0)
            bury(user, id: id, from: partition, offset: offset, reason: reason, value: value, in: &batch)
        case .signal(let session, let offset, let rung, let bitrate, let empties, let reason, let at):
            guard let reason = QualitySignal.Reason(code: reason) else {
                throw JobHalt("a signal of reason \(reason) is in the outbox, written by a newer program: run that one")
            }
            let signal = QualitySignal(
                session: SessionID(session), rung: rung, bitrateKbps: bitrate, emptiesInMilliseconds: empties, reason: reason, at: at)
            signals.append(session: signal.session, offset: offset, payload: signal.json)
        }
    }

    private func forward(
        _ id: EventID, _ offset: Int64, _ user: [UInt8], _ kind: Emission.ForwardKind, test: String, variant: String, segment: String,
        at: Int64, to batch: inout AppendBatch
    ) {
        let record = user.withUnsafeBytes { user in
            Array(test.utf8).withUnsafeBytes { test in
                Array(variant.utf8).withUnsafeBytes { variant in
                    Array(segment.utf8).withUnsafeBytes { segment in
                        let header = InternalEventWriter.Header(id: id, timestamp: at, user: user)
                        return switch kind {
                        case .impression:
                            setup.writer.attributionImpression(
                                header, test: test, variant: variant, sourceOffset: offset, into: &batch.bytes)
                        case .play: setup.writer.attributionPlay(header, test: test, sourceOffset: offset, into: &batch.bytes)
                        case .assignment:
                            setup.writer.attributionAssignment(
                                header, test: test, variant: variant, segment: segment, sourceOffset: offset, into: &batch.bytes)
                        }
                    }
                }
            }
        }
        batch.records.append(.init(topic: .attribution, key: record.key, value: record.value))
    }

    private func bury(
        _ user: [UInt8], id: EventID, from partition: Int32, offset: Int64, reason: DeadLetterReason, value: [UInt8],
        in batch: inout AppendBatch
    ) {
        let key = String(validating: user, as: UTF8.self) == nil ? [] : user
        let record = key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                Array(reason.rawValue.utf8).withUnsafeBytes { reason in
                    setup.writer.deadLetter(
                        InternalEventWriter.Header(id: id, timestamp: wallClockMilliseconds(), user: key), source: setup.topic,
                        partition: partition, offset: offset, reason: reason, detail: UnsafeRawBufferPointer(start: nil, count: 0),
                        value: value, into: &batch.bytes)
                }
            }
        }
        batch.records.append(.init(topic: .deadLetters, key: record.key, value: record.value))
    }
}

extension QualitySignal {
    /// What the player gets: `{session, rung, bitrate_kbps, empties_in_ms, reason, at}`.
    var json: [UInt8] {
        Array(
            JSONWriter.object(capacity: 256) {
                $0.member("session", session.description)
                $0.member("rung", Int64(rung))
                $0.member("bitrate_kbps", bitrateKbps)
                $0.member("empties_in_ms", emptiesInMilliseconds)
                $0.member("reason", reason.rawValue)
                $0.member("at", at)
            }.readableBytesView)
    }
}
