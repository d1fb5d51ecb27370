import EventLog
import Events
import FeatureStore
import Features
import Foundation

/// Copies everything that a one-machine set-up keeps into a folder, while it runs or not (DESIGN §11).
///
/// The order makes the copy one that a crash could have left: features first, so that the log, copied later, holds every position that they
/// name; the control store, so that the log has every letter that it calls redriven; what is derived from viewers' topics (archive,
/// `attribution_events`, `dead_letters`), so that it names no record that the copy of those lacks; viewers' topics; the registry last, so
/// that it knows every schema on the log, and with it definitions stored since, so that there is every one that the log names.
package struct Backup {
    static let logFolder = "log"
    static let archiveFolder = "archive"

    private let configuration: Configuration
    private let program: String
    private let progress: @Sendable (String) -> Void

    /// Throws where the configuration's log or features are not on this machine alone: those are backed up by their own means.
    package init(configuration: Configuration, program: String, progress: @escaping @Sendable (String) -> Void) throws(BackupError) {
        if configuration.log != "embedded" {
            throw BackupError(
                "the log is \(configuration.log): recs backup is for the log, features and stores of one machine. Keep Kafka's topics by "
                    + "replication (replication.factor 3, mirroring to a second cluster); features are rebuilt from them")
        }
        if configuration.redis != nil {
            throw BackupError(
                "the features are in a Redis of their own: recs backup copies the Redis that recs started. Back that one up by its own means "
                    + "(replicas, BGSAVE); features are rebuilt from the log")
        }
        guard FileManager.default.fileExists(atPath: configuration.dataFolder + "/" + Backup.logFolder) else {
            throw BackupError("there is no log in \(configuration.dataFolder); name the data folder with --data")
        }
        self.configuration = configuration
        self.program = program
        self.progress = progress
    }

    /// Writes the backup and answers what it holds. `folder` must not exist; it appears when all is in it and on disk. Blocks.
    package func write(to folder: String) throws -> BackupManifest {
        let partial = folder + ".partial"
        for path in [folder, partial] where FileManager.default.fileExists(atPath: path) {
            throw BackupError("\(path) exists; name another folder, or remove it")
        }
        try FileManager.default.makeNamedFolder(partial + "/" + Backup.logFolder)
        do {
            guard let lock = try FileLock(configuration.dataFolder + "/backup.lock") else {
                throw BackupError("another backup of \(configuration.dataFolder) is being made; wait for it")
            }
            defer { withExtendedLifetime(lock) {} }
            let lease = try LogLease(sharing: configuration.dataFolder)
            defer { withExtendedLifetime(lease) {} }
            let manifest = try fill(partial)
            try FolderSync.sync(partial)
            guard rename(partial, folder) == 0 else {
                throw BackupError("cannot rename \(partial) to \(folder): \(String(cString: strerror(errno)))")
            }
            try FolderSync.syncParent(of: folder)
            return manifest
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    private func fill(_ folder: String) throws -> BackupManifest {
        var manifest = BackupManifest(
            program: program, at: wallClockMilliseconds(), namespace: configuration.namespace,
            bucketsPerPartition: configuration.bucketsPerPartition)
        let positions = try copyFeatures(to: folder, &manifest)
        try copyDatabase("control.sqlite", to: folder)
        try copyArchive(to: folder)
        let derived: [Topic] = [.attribution, .deadLetters]
        for topic in derived + Topic.allCases.filter({ !derived.contains($0) }) {
            try copyTopic(topic, to: folder, positions, &manifest)
        }
        try copyDatabase("registry.sqlite", to: folder)
        try DefinitionHistory.add(from: configuration.dataFolder + "/control.sqlite", to: folder + "/control.sqlite")
        for path in try BackupFiles.all(in: folder) {
            progress("reading \(path)")
            let (digest, count) = try Digest.hexadecimal(ofFile: folder + "/" + path)
            manifest.files.append(.init(path: path, bytes: count, sha256: digest))
        }
        let data = try manifest.encoded()
        try data.write(to: URL(fileURLWithPath: folder + "/" + BackupManifest.fileName))
        let digest = try Digest.hexadecimal(ofFile: folder + "/" + BackupManifest.fileName).digest
        try Data("\(digest)  \(BackupManifest.fileName)\n".utf8).write(
            to: URL(fileURLWithPath: folder + "/" + BackupManifest.checksumName))
        return manifest
    }

    private func copyDatabase(_ name: String, to folder: String) throws {
        guard FileManager.default.fileExists(atPath: configuration.dataFolder + "/" + name) else { return }
        progress("copying \(name)")
        try SQLiteCopy.copy(configuration.dataFolder + "/" + name, to: folder + "/" + name)
    }

    /// A snapshot of the Redis of the data folder, started for it where none runs. Answers the positions that it holds at least.
    private func copyFeatures(to folder: String, _ manifest: inout BackupManifest) throws -> FeaturePositions? {
        let source = configuration.redisFolder
        guard FileManager.default.fileExists(atPath: source) else { return nil }
        let own: RedisServer?
        do throws(StoreError) {
            own = try RedisServer(folder: source)
        } catch {
            guard error.kind == .locked else { throw error }
            own = nil  // `recs serve` runs it
        }
        defer { own?.stop() }
        progress("copying features")
        let address = try RedisServer.address(folder: source)
        let keys = try keys(address)
        manifest.namespace = keys.namespace
        let positions = try FeaturePositions(address: address, keys: keys, partitionCounts: try partitionCounts())
        manifest.redis = try RedisServer.takeSnapshot(folder: source, to: folder + "/" + BackupManifest.snapshotName) {
            progress("copying features")
        }
        return positions
    }

    /// The namespace that serves must be one that the features are in, or their positions could not be read.
    private func keys(_ address: StoreAddress) throws -> Keys {
        let connection = try StoreConnection(address)
        let namespaces = try connection.namespaces()
        let serving = try connection.namespaceRegistry(first: configuration.namespace, definition: 0).serving
        guard namespaces.isEmpty || namespaces.contains(serving) else {
            throw BackupError(
                "the features are in the namespace \(namespaces.joined(separator: ", ")), not in \(serving); "
                    + "name the settings that recs serve has with --config")
        }
        return Keys(namespace: serving, bucketsPerPartition: configuration.bucketsPerPartition)
    }

    private func partitionCounts() throws -> [Topic: Int] {
        var counts: [Topic: Int] = [:]
        for topic in Topic.allCases {
            let contents = try LogSnapshot.contents(of: topic, in: configuration.dataFolder + "/" + Backup.logFolder)
            counts[topic] = contents?.description.partitions
        }
        return counts
    }

    private func copyTopic(_ topic: Topic, to folder: String, _ positions: FeaturePositions?, _ manifest: inout BackupManifest) throws {
        progress("copying \(topic.name)")
        let path = "\(folder)/\(Backup.logFolder)/\(topic.name).sqlite"
        guard let contents = try LogSnapshot.copy(topic, of: configuration.dataFolder + "/" + Backup.logFolder, to: path) else { return }
        let generation = contents.description.generation
        for range in contents.ranges { try positions?.check(topic, generation: generation, range) }
        manifest.topics.append(
            .init(
                topic: topic.name, generation: generation,
                partitions: contents.ranges.map { range in
                    let next = positions?.next[.init(topic: topic, partition: range.partition)]
                    return .init(partition: range.partition, start: range.start, end: range.end, featuresNext: next)
                }))
    }

    private func copyArchive(to folder: String) throws {
        let source = configuration.dataFolder + "/" + Backup.archiveFolder
        guard FileManager.default.fileExists(atPath: source) else { return }
        try ArchiveCopy(source: source, target: folder + "/" + Backup.archiveFolder, progress: progress).run()
    }
}
