package import EventLog
package import Events
package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import Synchronization

/// Capture (DESIGN §2): checks events against their schemas, appends them to the log, and tells what became of each. No enrichment, no store.
package final class Gateway: Sendable {
    /// What became of one event of a request.
    package enum Result: Sendable {
        case accepted(EventID, LogPosition)
        case refused([FieldProblem])
        /// Not in the log, and safe to send again.
        case failed(LogError)
    }

    private let log: any EventLog
    private let template: GatewayEncoder
    /// Encoders with their scratch space, kept for the next request; at most one a request under way.
    private let encoders = NIOLockedValueBox<[GatewayEncoder]>([])
    private let accepted: Metrics.Counter
    private let refused: Metrics.Counter
    private let failed: Metrics.Counter
    private let logger: Logger
    /// What the log said when it last did not take an event, and when, milliseconds since 1970.
    private let lastFailure = NIOLockedValueBox<(error: LogError, at: Int64)?>(nil)
    /// When an operator was last told that the log takes no events, milliseconds since 1970; not more than once a minute.
    private let toldAt = Atomic<Int64>(0)

    package init(log: any EventLog, encoder: GatewayEncoder, metrics: Metrics, logger: Logger) {
        self.log = log
        self.logger = logger
        template = encoder
        func events(_ verdict: String) -> Metrics.Counter {
            metrics.counter(
                "recs_gateway_events_total", help: "Events posted, by what became of them.", labels: [("verdict", verdict)])
        }
        accepted = events("accepted")
        refused = events("refused")
        failed = events("failed")
    }

    /// Encodes and appends the events of a body; one result an event, in order. Accepted events are durably in the log.
    package func capture(_ body: ByteBuffer, format: BodyFormat, now: Int64) async throws(BodyError) -> [Result] {
        var encoded = try encode(body, format: format, now: now)
        var batch = AppendBatch()
        swap(&batch.bytes, &encoded.bytes)
        batch.records.reserveCapacity(encoded.verdicts.count)
        for case .accepted(let topic, _, let key, let value) in encoded.verdicts {
            batch.records.append(.init(topic: topic, key: key, value: value))
        }
        let outcomes = batch.records.isEmpty ? [] : await log.append(batch)
        let results = join(encoded.verdicts, outcomes)
        count(results, now)
        return results
    }

    private func encode(_ body: ByteBuffer, format: BodyFormat, now: Int64) throws(BodyError) -> EncodedEvents {
        var encoder = encoders.withLockedValue { $0.popLast() } ?? template
        defer { encoders.withLockedValue { $0.append(encoder) } }
        var encoded = EncodedEvents()
        var fault: BodyError?
        body.withUnsafeReadableBytes { bytes in
            do throws(BodyError) {
                try encoder.encode(bytes, format: format, now: now, into: &encoded)
            } catch {
                fault = error
            }
        }
        if let fault { throw fault }
        return encoded
    }

    private func join(_ verdicts: [Verdict], _ outcomes: [AppendOutcome]) -> [Result] {
        var next = outcomes.makeIterator()
        return verdicts.map { verdict in
            switch verdict {
            case .refused(let problems): return .refused(problems)
            case .accepted(_, let id, _, _):
                switch next.next() {
                case .appended(let position): return .accepted(id, position)
                case .failed(let error): return .failed(error)
                case nil: return .failed(LogError(.unavailable, "the log did not say what became of the event; send it again"))
                }
            }
        }
    }

    private func count(_ results: [Result], _ now: Int64) {
        var counts = (accepted: 0, refused: 0, failed: 0)
        var failure: LogError?
        for result in results {
            switch result {
            case .accepted: counts.accepted += 1
            case .refused: counts.refused += 1
            case .failed(let error):
                counts.failed += 1
                failure = error
            }
        }
        accepted.add(counts.accepted)
        refused.add(counts.refused)
        failed.add(counts.failed)
        if let failure {
            lastFailure.withLockedValue { $0 = (failure, now) }
            tell(failure, now)
        }
    }

    /// Why the log did not take all events of so long; nil where it did.
    package func failure(within milliseconds: Int64, now: Int64) -> LogError? {
        lastFailure.withLockedValue { last in last.flatMap { now - $0.at <= milliseconds ? $0.error : nil } }
    }

    private func tell(_ failure: LogError, _ now: Int64) {
        let before = toldAt.load(ordering: .relaxed)
        guard now - before >= 60_000, toldAt.compareExchange(expected: before, desired: now, ordering: .relaxed).exchanged else { return }
        logger.error("the log does not take all events; producers are told to send them again", metadata: ["error": "\(failure)"])
    }
}
