/// What a torture run is to do; the same settings make the same events and the same schedule of disturbances.
package struct TortureSettings: Sendable {
    /// The log that the events go through: `kafka` is a broker's process, `mock` librdkafka's mock cluster, into which faults are put and
    /// which keeps 5 MB a partition in memory.
    package enum LogKind: String, Sendable, CaseIterable { case embedded, kafka, mock }

    /// How the feature store stands: one Redis, or a cluster of three masters with a replica each.
    package enum RedisKind: String, Sendable, CaseIterable { case single, cluster }

    package var seed: UInt64
    /// At least so many events are sent; more where disturbances take longer.
    package var eventCount = 200_000
    /// So many disturbances are planned, from 100 on ten or more of each failpoint; restarts that arm a failpoint come on top.
    package var killCount = 100
    package var log = LogKind.embedded
    package var redis = RedisKind.single
    /// Disturbances to leave out, to narrow a failure down.
    package var without: Set<Disturbance> = []
    /// After this time no further disturbance begins.
    package var minutesMax = 30.0
    /// The program under test.
    package var binary: String
    /// Whether `recs verify` gives its opinion, too.
    package var verifies = true

    package init(seed: UInt64, binary: String) {
        self.seed = seed
        self.binary = binary
    }

    /// Viewers that the events come from.
    var userCount: Int { max(60, eventCount / 40) }
    /// Events of a run at length: what the log keeps.
    package var usualEventCount: Int { log == .mock ? 80_000 : 200_000 }
    /// Longest pause before a disturbance. The mock cluster takes seconds to let a consumer in, and a job that begins again joins its group anew.
    var pauseMillisecondsMax: Int { log == .mock ? 6000 : 1200 }
    /// Processes for each topic: the embedded log has one consumer a group.
    var memberCount: Int { log == .embedded ? 1 : 2 }
}

/// The run cannot go on or cannot judge; it says nothing of lost or doubled events.
package struct TortureError: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}
