import EventLog
import Events
import FeatureStore
import Jobs
import Logging

/// What the runs of a topic's job share.
struct JobSetup: Sendable {
    var topic: Topic
    var namespace: String
    var group: String
    var generation: UInt64
    var log: any EventLog
    var registry: any SchemaRegistry
    var decoder: EventDecoder
    var definitions: DefinitionStore
    /// The definition that the namespace began with.
    var firstDefinition: Int64
    var writer: InternalEventWriter
    var board: JobBoard
    var logger: Logger
    var makeStore: @Sendable () throws(StoreError) -> JobStore
    var stages: StageClock
    var pace: CommitPace
    var titleCommitInterval: Duration
    /// Viewers held in memory by one job; beyond it the cache is dropped after a commit.
    var cachedUserCountMax = 400_000
    /// The same for the entries of their outboxes, of 64 bytes each.
    var cachedOutboxCountMax = 2_000_000
    /// And for the names in their states.
    var cachedNameBytesMax = 64 << 20
    /// False while another namespace serves: features are built, and what goes elsewhere is left to its job.
    var emits = true
    /// True where it is fed beside the one that serves, whose place it may take.
    var isFed = false
    /// What the namespace that served before this one has emitted, by partition (none: nothing); nil where it took over from nobody.
    var handover: [Int32: Int64]?
    /// First offsets that count, where the namespace was not begun at the log's.
    var origins: [Int32: Int64] = [:]
    /// Records that are dead letters though their schema is known by now: what a replay gives up that is to come to what serves.
    var givenUp: Set<LogPosition> = []
    /// Where a run ends of itself: the first offsets that it leaves alone; nil: it follows the log.
    var stops: [Int32: Int64]?

    /// A definition of the control store, or the nearest before it, of which the log is told.
    func definition(_ version: Int64) throws -> Definition {
        if try !definitions.holds(version) {
            logger.warning(
                "the control store does not hold this definition of catalogue and weights, the nearest before it stands in",
                metadata: ["topic": "\(topic.name)", "namespace": "\(namespace)", "version": "\(version)"])
        }
        return try definitions.definition(version)
    }
}

/// The job cannot go on without a person.
struct JobHalt: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
