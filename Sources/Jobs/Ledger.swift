package import Features

/// What became of the events of one bucket and topic, each counted by itself: `received` = the sum of the others, which tests check.
package struct Ledger: Sendable, Equatable {
    package var received: Int64 = 0
    package var applied: Int64 = 0
    package var duplicates: Int64 = 0
    package var filtered: Int64 = 0
    package var deadLettered: Int64 = 0
    package init() {}

    package static func + (a: Ledger, b: Ledger) -> Ledger {
        var sum = a
        sum.received &+= b.received
        sum.applied &+= b.applied
        sum.duplicates &+= b.duplicates
        sum.filtered &+= b.filtered
        sum.deadLettered &+= b.deadLettered
        return sum
    }
}

/// How far a topic's job is in one bucket (DESIGN §6.6): every event up to `position` is in the bucket's values and in the ledger.
///
/// Bytes: generation and offset (8 big-endian each, what the conditional write compares), then the rest as variable-length integers.
package struct Marker: Sendable, Equatable {
    package static let codecVersion: UInt8 = 4

    package var position = Position.none
    package var ledger = Ledger()
    /// Outbox entries up to this offset may be gone; a title value below it cannot be caught up by redelivery.
    package var outboxFloor: Int64 = -1
    /// Append time of the newest record, milliseconds.
    package var logTime: Int64 = 0
    /// Event time of the newest applied event, milliseconds.
    package var asOf: Int64 = 0
    /// The definition in force at `position` (DESIGN §6.7); 0: the first one.
    package var definitionVersion: Int64 = 0
    /// True where everything up to `position` that goes elsewhere was emitted, by this namespace's job or those that served before: false
    /// while another one serves.
    package var isEmitted = true
    /// Where in a cluster it was written; nil for a single server, and where an operator has vouched for the values.
    package var home: SlotHome?
    package init() {}

    package func encoded() -> [UInt8] {
        var writer = StateWriter()
        writer.fixed64(position.generation)
        writer.fixed64(UInt64(bitPattern: position.offset))
        // Without a home it is what version 3 was, and programs of that version read it.
        writer.byte(home == nil ? 3 : Marker.codecVersion)
        for value in numbers { writer.zigzag(value) }
        home?.encode(into: &writer)
        return writer.bytes
    }

    package init(bytes: UnsafeRawBufferPointer) throws(StateError) {
        var reader = StateReader(bytes)
        position = Position(generation: try reader.fixed64(), offset: Int64(bitPattern: try reader.fixed64()))
        let version = try reader.byte()
        guard (1...Marker.codecVersion).contains(version) else {
            throw StateError("marker of codec version \(version), this program knows \(Marker.codecVersion): run the newer program")
        }
        ledger.received = try reader.zigzag()
        ledger.applied = try reader.zigzag()
        ledger.duplicates = try reader.zigzag()
        ledger.filtered = try reader.zigzag()
        ledger.deadLettered = try reader.zigzag()
        outboxFloor = try reader.zigzag()
        logTime = try reader.zigzag()
        asOf = try reader.zigzag()
        // Versions 1 and 2 had two numbers there, of a catalogue and of weights, which were in force at no known position.
        if version > 2 {
            definitionVersion = try reader.zigzag()
        } else {
            _ = (try reader.zigzag(), try reader.zigzag())
        }
        // Version 1 is of programs whose only namespace was the serving one.
        if version > 1 { isEmitted = try reader.zigzag() == 1 }
        if version > 3 { home = try SlotHome(from: &reader) }
    }

    private var numbers: [Int64] {
        [
            ledger.received, ledger.applied, ledger.duplicates, ledger.filtered, ledger.deadLettered, outboxFloor, logTime, asOf,
            definitionVersion, isEmitted ? 1 : 0,
        ]
    }
}
