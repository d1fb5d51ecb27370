import EventLog
import Events
import FeatureStore
import Foundation
package import Logging

/// What a repartition has left of before: the old log, its archive, and the namespaces that were made from it.
package struct RetiredLog {
    package struct Report: Sendable, Encodable {
        package var namespaces: [String]
        package var keys: Int
        package var folder: String
    }

    private let configuration: Configuration
    private let folder: RepartitionFolder
    private let logger: Logger

    package init(configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        folder = RepartitionFolder(dataFolder: configuration.dataFolder)
    }

    /// Removes it, beside a running service or without one. Throws while the new archive lacks something that the old one may have.
    package func drop(progress: (String) -> Void) async throws -> Report {
        guard let plan = try folder.retiredPlan() else {
            throw RepartitionError("no log of before a repartition is kept in \(configuration.dataFolder)")
        }
        if configuration.archives { try checkArchive(plan) }
        let redis = try ownRedis()
        defer { redis?.stop() }
        var settings = configuration
        settings.partitionCount = plan.partitions
        let control = try await NamespaceControl(configuration: settings, logger: logger)
        var report = Report(namespaces: [], keys: 0, folder: folder.retiredFolder)
        do {
            let retired = try await control.list().filter { $0.state == NamespaceRegistry.State.retired.rawValue }
            for name in retired.map(\.namespace) {
                report.keys += try control.drop(name) { progress("\(name): \($0)") }
                report.namespaces.append(name)
            }
        } catch {
            await control.close()
            throw error
        }
        await control.close()
        try folder.removeRetired()
        return report
    }

    /// Nil where the service runs it, or where it is none of ours.
    private func ownRedis() throws -> RedisServer? {
        guard configuration.redis == nil else { return nil }
        do throws(StoreError) {
            return try RedisServer(folder: configuration.redisFolder)
        } catch {
            guard error.kind == .locked else { throw error }
            return nil
        }
    }

    private func checkArchive(_ plan: RepartitionPlan) throws {
        for entry in plan.topics {
            // Letters are not archived: nothing is made from them.
            guard let topic = Topic(name: entry.topic), topic.hasJob else { continue }
            let log = try LogSnapshot.contents(of: topic, in: folder.logFolder)
            let archived = try ArchiveReader(Archive(folder: folder.archiveFolder), topic: topic).ranges()
            for range in log?.ranges ?? [] {
                let end = entry.ends[Int(range.partition)]
                let reached = archived.first { $0.partition == range.partition }?.end ?? range.start
                guard range.passingLeaps(reached) >= end else {
                    throw RepartitionError(
                        "the new archive of \(topic.name) partition \(range.partition) is not as far as the old log was (offset \(reached) of "
                            + "\(end)); let the service run until it is (at most a minute), then try again")
                }
            }
        }
    }
}
