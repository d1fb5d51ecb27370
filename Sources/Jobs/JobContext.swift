package import Catalog
package import Events
package import Features

/// What an operator may look at besides the event and the viewer's state, and where it leaves its effects. One per partition and job.
package struct JobContext: ~Copyable {
    package private(set) var settings: JobSettings
    package private(set) var catalog: Catalog
    /// The partition's names: titles, sessions, queries, tests, variants, segments.
    package var names: NameTable
    /// Catalogue index by name, filled on first use; -1 for a title that the catalogue does not have.
    package var catalogIndices: [Int32] = []
    /// The settings' tests by names, made on first use.
    var tests: [TestNames]?
    /// Effects of the event in hand; the processor moves them to the outbox.
    package var effects: [Effect] = []

    package init(settings: JobSettings, catalog: Catalog, names: NameTable = NameTable(capacity: 4096)) {
        self.settings = settings
        self.catalog = catalog
        self.names = names
    }

    /// Another definition, in effect from the next event on.
    package mutating func take(_ definition: Definition) {
        settings = definition.settings
        catalog = definition.catalog
        catalogIndices.removeAll(keepingCapacity: true)
        tests = nil
    }

    /// Forgets all names; no state that holds any may be left.
    package mutating func dropNames() {
        names = NameTable(capacity: 4096)
        catalogIndices.removeAll(keepingCapacity: true)
        tests = nil
    }
}

/// A topic's operator: how one event changes the features of its viewer (DESIGN §6.7: a function of log order, catalogue, settings).
///
/// `bytes` is the buffer that the event's slices point into.
package protocol TopicOperator: TopicState {
    /// Returns a reason where the event cannot be applied (it then goes to the dead letters), nil where it was applied. The reason depends
    /// on the event alone, never on the state; a refused event changes nothing.
    mutating func apply(_ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext) -> DeadLetterReason?
    /// Drops what is older than its retention at the log time given, milliseconds.
    mutating func expire(logTime: Int64)
    /// What is left of a viewer's features after the event that erased them: nothing, but for what tells which later events stem from before it
    /// (DESIGN §6.9).
    init(_ features: Self, erasedBy event: Event, bytes: UnsafeRawBufferPointer)
    /// True where the event stems from before an erasure that the features remember: `apply` leaves them as they are, and an erased viewer
    /// stays erased.
    func predatesErasure(_ event: Event) -> Bool
    /// What erasures that the features remember have told, as `user_erased` tells it (`source_offsets`); empty where that is nothing.
    var erasedSourceOffsets: [Int64] { get }
}

extension TopicOperator {
    package init(_ features: Self, erasedBy event: Event, bytes: UnsafeRawBufferPointer) { self.init() }

    package func predatesErasure(_ event: Event) -> Bool { false }

    package var erasedSourceOffsets: [Int64] { [] }
}

/// Why a job could not use an event.
package enum DeadLetterReason: String, Sendable {
    case undecodable, unknownSchema = "unknown_schema", badEventID = "bad_event_id", badRegion = "bad_region"
    case futureTimestamp = "future_timestamp", absurdTimestamp = "absurd_timestamp", badValue = "bad_value", wrongTopic = "wrong_topic"
    case keyMismatch = "key_mismatch"
}
