package import Features

/// Signals to append to their sessions' streams. Reused from batch to batch.
package struct SignalBatch: Sendable {
    /// A stream keeps about so many signals (Redis trims whole nodes of 100), and is gone so long after its last.
    package static let signalCountMax = 64
    package static let keptMilliseconds: Int64 = 3_600_000

    struct Signal: Sendable {
        var key: [UInt8]
        var id: SignalID
        var payload: [UInt8]

        func append(to commands: inout CommandBuffer) {
            commands.command("XADD", argumentCount: 7)
            commands.argument(key)
            commands.argument("MAXLEN")
            commands.argument("~")
            commands.argument(Int64(SignalBatch.signalCountMax))
            commands.argument(Array(id.description.utf8))
            commands.argument("d")
            commands.argument(payload)
        }

        func appendExpiry(to commands: inout CommandBuffer) {
            commands.command("PEXPIRE", argumentCount: 2)
            commands.argument(key)
            commands.argument(SignalBatch.keptMilliseconds)
        }
    }
    private let keys: Keys
    private(set) var signals: [Signal] = []

    package init(keys: Keys) { self.keys = keys }

    package var count: Int { signals.count }

    /// A signal that the record at `offset` caused; the record's offset is its identity, so that a repetition changes nothing.
    package mutating func append(session: SessionID, offset: Int64, payload: [UInt8]) {
        precondition(offset >= 0, "offsets count from 0")
        signals.append(Signal(key: keys.signals(session: session), id: SignalID(offset: offset), payload: payload))
    }

    /// Throws a complaint about an addition, unless the signal is there already.
    static func check(_ failure: StoreError?) throws(StoreError) {
        guard let failure, !failure.description.contains("equal or smaller than the target stream top item") else { return }
        throw failure
    }

    package mutating func removeAll() { signals.removeAll(keepingCapacity: true) }
}

/// A signal's place in its stream, in the form that Redis and `Last-Event-ID` write: two numbers joined by a dash.
package struct SignalID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Before every signal.
    package static let beginning = SignalID(major: 0, minor: 0)

    package let major: UInt64
    package let minor: UInt64

    init(major: UInt64, minor: UInt64) {
        self.major = major
        self.minor = minor
    }

    /// The id of what the record at `offset` caused: one more than the offset, as Redis has no entry 0-0.
    package init(offset: Int64) { self.init(major: UInt64(offset) + 1, minor: 0) }

    /// Nil for a text that is no id.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }

    package var description: String { "\(major)-\(minor)" }

    package static func < (a: SignalID, b: SignalID) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}
