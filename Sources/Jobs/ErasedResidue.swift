import Events

/// What is left of a record whose viewer was erased later (DESIGN §6.9): what it counts for, and nothing of whom.
package struct ErasedResidue: Sendable, Equatable {
    /// How the record was counted.
    package enum Outcome: CaseIterable, Sendable {
        case applied, duplicate, filtered, deadLettered

        /// As the event names it.
        package var name: StaticString {
            switch self {
            case .applied: "applied"
            case .duplicate: "duplicate"
            case .filtered: "filtered"
            case .deadLettered: "dead_lettered"
            }
        }

        /// Nil where no outcome bears the name.
        init?(_ name: Slice, bytes: UnsafeRawBufferPointer) {
            let found = Outcome.allCases.first { outcome in
                outcome.name.withUTF8Buffer { $0.elementsEqual(bytes[name.range]) }
            }
            guard let found else { return nil }
            self = found
        }
    }

    package var outcome: Outcome
    /// The viewer's, as the ledgers go.
    package var bucket: Int32
    /// What the record changed of titles: encoded effects, one behind the other.
    package var effects: [UInt8]
    /// Of an applied `user_erased`: what the viewer's value knew before it (`ErasedPast`), encoded; of others empty.
    package var past: [UInt8]
    /// And what it and those before it have told of forwards that come too late, which goes with these.
    package var sourceOffsets: [Int64] = []
    /// True for what was forwarded of a record before an erasure that has gone by: it goes with the records before it.
    package var predatesErasure = false
}
