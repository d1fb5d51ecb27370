import FeatureStore
import Features
package import Jobs

/// What a `recs` process is told: defaults < `recs.yaml` < environment (`RECS_…`) < flags (DESIGN §13).
package struct Configuration: Sendable {
    /// Where the embedded log, the control store and our own Redis keep their files.
    package var dataFolder = "./recs-data"
    package var host = "127.0.0.1"
    package var port = 8080
    /// `embedded`, or `kafka://HOST:PORT[,HOST:PORT…]`.
    package var log = "embedded"
    package var kafkaReplicationFactor = 1
    package var kafkaAssignmentStrategy = "cooperative-sticky"
    /// Settings of librdkafka by its own names, for every client: what protects the connection, timeouts.
    package var kafkaProperties: [String: String] = [:]
    /// `redis://…`, `redis-cluster://…` or `unix://…`; nil: a redis-server child of our own.
    package var redis: String?
    /// A Confluent-compatible schema registry; nil: our own.
    package var registry: String?
    /// The namespace of features that serves where none was chosen yet.
    package var namespace = "main"
    /// True where every event is kept in Avro files under the data folder, too.
    package var archives = true
    /// Days after which the embedded log forgets what the archive holds, and dead letters; 0: never.
    package var logRetentionDays = 0
    /// Partitions of every topic that feeds features; fixed when the topics are created (co-partitioned, DESIGN §4).
    package var partitionCount = 4
    package var bucketsPerPartition = 4
    /// Least time between two commits of a job, milliseconds: the flush interval; a job that lags takes a second (`CommitPace`).
    package var commitIntervalMilliseconds = 100
    package var titleCommitIntervalMilliseconds = 500
    package var bodyByteCountMax = 8 << 20
    /// Of all posts of events that are under way at a time; beyond it the gateway answers 503. A request takes two to three times its body.
    package var bodyBytesUnderWayMax = 64 << 20
    package var eventsPerRequestMax = 10_000
    /// Requests a second that one key may make; 0: no limit.
    package var requestsPerSecondMax = 0
    package var keys: [APIKey] = []
    package var jobs = JobSettings()
    package var logLevel = "info"
    package init() {}

    /// Where `host` and `logRetentionDays` were told, as faults name them.
    var hostPlace = "listen.host"
    var logRetentionPlace = "log_retention_days"

    /// Where the embedded log stands, if not in the data folder.
    var embeddedLogFolder: String?

    /// Where the embedded log's files stand.
    var logFolder: String { embeddedLogFolder ?? dataFolder + "/log" }

    /// The brokers of a log on Kafka; none for the embedded one.
    var brokers: [BrokerAddress] { BrokerAddress.names(in: log).compactMap(BrokerAddress.init) }

    /// Where our own Redis keeps its files.
    var redisFolder: String { dataFolder + "/redis" }

    /// The Redis that is named, else the one that `recs serve` runs in the data folder, whether it runs now or not.
    func storeAddress() throws(StoreError) -> StoreAddress {
        if let redis { return try StoreAddress(redis) }
        return try RedisServer.address(folder: redisFolder)
    }

    /// Where archived events stand.
    package var archiveFolder: String { dataFolder + "/archive" }

    /// True where only programs of this machine can reach the API.
    package var isLoopback: Bool { host == "127.0.0.1" || host == "::1" || host == "localhost" }
}

/// A key of the HTTP API and what it may do.
package struct APIKey: Sendable, Equatable {
    /// Producers post events; readers read; admins do all.
    package enum Role: String, Sendable, CaseIterable { case producer, reader, admin }
    package var name: String
    package var secret: String
    package var role: Role

    package init(name: String, secret: String, role: Role) {
        self.name = name
        self.secret = secret
        self.role = role
    }
}

/// One thing that is wrong with the configuration.
package struct ConfigurationFault: Sendable, Equatable, CustomStringConvertible {
    /// `recs.yaml:12`, `RECS_PORT`, `--port`.
    package var place: String
    package var message: String

    package init(place: String, message: String) {
        self.place = place
        self.message = message
    }

    package var description: String { "\(place): \(message)" }
}

/// All that is wrong with the configuration, at once.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    package var faults: [ConfigurationFault]
    package var description: String {
        (["\(faults.count) wrong setting\(faults.count == 1 ? "" : "s"):"] + faults.map { "  \($0)" }).joined(separator: "\n")
    }
}
