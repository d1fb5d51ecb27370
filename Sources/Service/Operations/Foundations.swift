import Avro
package import EventLog
package import Events
package import Logging

/// What every kind of `recs` process stands on: the log, the schema registry, the schemas with their ids, the topics.
package struct Foundations: Sendable {
    /// The log with the archive behind it, where there is one.
    package let log: any EventLog
    /// The log alone, which the archive job reads.
    package let bareLog: any EventLog
    package let registry: any SchemaRegistry
    package let schemas: EventSchemas
    package let schemaIDs: [EventType: Int32]
    package let generations: [Topic: UInt64]
    package let writer: InternalEventWriter
    package let partitionCount: Int
    /// What a restored log has left out.
    package let lostOffsets: LostOffsets
    /// Keeps the embedded log from being replaced meanwhile.
    private let lease: LogLease?

    /// Opens everything, waiting (and saying so) while the broker or the registry cannot be reached.
    /// - Parameters:
    ///   - prefersArchive: what is archived is read from the archive, even where the log has it.
    ///   - lease: the caller's own hold on the embedded log; nil: one that is shared with others.
    ///   - waiting: told what is opened or waited for, and why.
    ///   - clock: gives the embedded log's records their append times, milliseconds since 1970.
    package static func open(
        _ configuration: Configuration, resources: Resources, prefersArchive: Bool = false, lease: LogLease? = nil,
        waiting: @escaping @Sendable (String) -> Void = { _ in },
        clock: @escaping @Sendable () -> Int64 = wallClockMilliseconds, logger: Logger
    ) async throws -> Foundations {
        let lease = configuration.log == "embedded" ? try lease ?? LogLease(sharing: configuration.dataFolder) : nil
        let schemas = try resources.schemas()
        let registry = try registry(configuration)
        let patience = Patience(waiting: waiting, logger: logger)
        let ids = try await patience.open("schema registry") { try await register(schemas, in: registry) }
        let bareLog = try log(configuration, clock)
        let log: any EventLog =
            configuration.archives
            ? ArchivedLog(bareLog, archive: Archive(folder: configuration.archiveFolder), prefersArchive: prefersArchive) : bareLog
        do {
            var generations: [Topic: UInt64] = [:]
            var lost = LostOffsets()
            if lease != nil { try expectLogBesideArchive(configuration) }
            for topic in Topic.allCases {
                generations[topic] = try await patience.open("event log") { try await open(topic, of: log, configuration) }
                if lease != nil { lost.add(topic, try await log.ranges(topic)) }
            }
            return Foundations(
                log: log, bareLog: bareLog, registry: registry, schemas: schemas, schemaIDs: ids, generations: generations,
                writer: try InternalEventWriter(schemas: schemas, schemaIDs: ids), partitionCount: configuration.partitionCount,
                lostOffsets: lost, lease: lease)
        } catch {
            await log.close()
            throw error
        }
    }

    /// True where nothing was ever appended.
    var hasNoRecords: Bool {
        get async throws {
            for topic in Topic.allCases where try await bareLog.ranges(topic).contains(where: { $0.end > 0 }) { return false }
            return true
        }
    }

    /// A topic made anew would begin at offset 0 again, and its archive could not go on.
    private static func expectLogBesideArchive(_ configuration: Configuration) throws {
        guard configuration.archives else { return }
        let archive = Archive(folder: configuration.archiveFolder)
        for topic in Topic.allCases where !LogSnapshot.exists(topic, in: configuration.logFolder) {
            guard try ArchiveReader(archive, topic: topic).generation() != nil else { continue }
            throw LogError(
                .mismatch,
                "there is no \(topic.name) in \(configuration.logFolder), and \(configuration.archiveFolder)/\(topic.name) holds its records: bring the log back, or "
                    + "`recs restore` a backup; to begin anew without them, move that folder away")
        }
    }

    /// Opens a topic, making it where it is missing; answers its generation.
    private static func open(_ topic: Topic, of log: any EventLog, _ configuration: Configuration) async throws -> UInt64 {
        let description = try await log.open(topic, partitions: configuration.partitionCount)
        guard description.partitions == configuration.partitionCount else {
            throw LogError(
                .mismatch,
                "topic \(topic.name) has \(description.partitions) partitions and the configuration says \(configuration.partitionCount); "
                    + "set `partitions: \(description.partitions)` (all topics must have the same number)"
                    + Foundations.wayToChange(configuration))
        }
        return description.generation
    }

    /// A viewer's events are in order within one partition only: another count means another log.
    private static func wayToChange(_ configuration: Configuration) -> String {
        configuration.log == "embedded"
            ? ", or stop the service and run `recs repartition --partitions \(configuration.partitionCount) --into NAMESPACE`"
            : "; `recs repartition` says how to come to another number on Kafka"
    }

    private static func log(_ configuration: Configuration, _ clock: @escaping @Sendable () -> Int64) throws -> any EventLog {
        guard configuration.log.hasPrefix(BrokerAddress.scheme) else {
            return try EmbeddedLog(folder: configuration.logFolder, clock: clock, deferral: afterTurn)
        }
        return try KafkaLog(
            settings: KafkaSettings(
                bootstrap: String(configuration.log.dropFirst(BrokerAddress.scheme.count)),
                replicationFactor: configuration.kafkaReplicationFactor,
                assignmentStrategy: configuration.kafkaAssignmentStrategy, extra: configuration.kafkaProperties))
    }

    static func registry(_ configuration: Configuration) throws -> any SchemaRegistry {
        if let url = configuration.registry { return try HTTPRegistry(url: url) }
        return try EmbeddedRegistry(path: configuration.dataFolder + "/registry.sqlite")
    }

    /// Registers our schemas under TopicRecordNameStrategy: subject = topic, dash, the record's full name.
    static func register(_ schemas: EventSchemas, in registry: any SchemaRegistry) async throws -> [EventType: Int32] {
        var ids: [EventType: Int32] = [:]
        for type in EventType.allCases {
            let topics = type.topic.map { [$0] } ?? Topic.allCases.filter(\.hasJob)
            for topic in topics {
                try Task.checkCancellation()
                ids[type] = try await registry.register(
                    subject: "\(topic.name)-recs.events.\(type.rawValue)", schema: schemas[type].json)
            }
        }
        return ids
    }

    /// Tries until it goes, while what fails is only out of reach.
    private struct Patience {
        let waiting: @Sendable (String) -> Void
        let logger: Logger

        func open<R>(_ what: String, _ body: () async throws -> R) async throws -> R {
            waiting("opening the \(what)")
            var wait = 0.25
            while true {
                try Task.checkCancellation()
                do {
                    return try await body()
                } catch let error as LogError where error.kind == .unavailable {
                    tell(what, error)
                } catch let error as RegistryError where error.kind == .unavailable {
                    tell(what, error)
                }
                try await Task.sleep(for: .seconds(wait))
                wait = min(wait * 2, 5)
            }
        }

        private func tell(_ what: String, _ error: any Error) {
            logger.warning("waiting for the \(what)", metadata: ["error": "\(error)"])
            waiting("waiting for the \(what): \(error)")
        }
    }
}
