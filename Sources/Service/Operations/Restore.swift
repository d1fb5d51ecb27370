import EventLog
import Events
import FeatureStore
import Features
import Foundation

/// Makes a data folder of a backup, exact to the position: `recs serve` on it goes on from there.
package struct Restore {
    private let backup: String
    private let progress: @Sendable (String) -> Void

    package init(backup: String, progress: @escaping @Sendable (String) -> Void) {
        self.backup = backup
        self.progress = progress
    }

    /// Checks the backup, lays it out as `folder` (absent or empty) and loads its features once. Answers what the folder holds, the features'
    /// positions exact. Throws, and leaves nothing behind, where anything of it is not right. Blocks.
    package func restore(to folder: String) throws -> BackupManifest {
        try check(target: folder)
        var manifest = try manifest()
        for file in manifest.files { try check(file) }
        let partial = folder + ".restoring"
        if FileManager.default.fileExists(atPath: partial) {
            throw BackupError("\(partial) exists, left by a restore that was cut short; remove it")
        }
        do {
            try lay(out: manifest, as: partial)
            try loadFeatures(partial, &manifest)
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

    private func check(target folder: String) throws {
        guard FileManager.default.fileExists(atPath: folder) else { return }
        let isInUse =
            try FileManager.default.fileExists(atPath: folder + "/redis/recs.lock") && FileLock(folder + "/redis/recs.lock") == nil
        if isInUse { throw BackupError("a server runs on \(folder); stop it and move the folder away, or name another one with --data") }
        guard try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty else {
            throw BackupError("\(folder) is not empty; move what is in it away, or name another folder with --data")
        }
    }

    /// The backup's own description, itself checked.
    private func manifest() throws -> BackupManifest {
        let path = backup + "/" + BackupManifest.fileName
        guard let data = FileManager.default.contents(atPath: path),
            let line = FileManager.default.contents(atPath: backup + "/" + BackupManifest.checksumName)
        else { throw BackupError("\(backup) is no backup: \(BackupManifest.fileName) or its checksum is missing") }
        let digest = try Digest.hexadecimal(ofFile: path).digest
        guard String(decoding: line, as: UTF8.self) == "\(digest)  \(BackupManifest.fileName)\n" else {
            throw BackupError("\(path) is damaged: its checksum is not the one in \(BackupManifest.checksumName); use another backup")
        }
        let manifest = try BackupManifest(data: data)
        guard manifest.format == BackupManifest.format else {
            throw BackupError(
                "\(backup) is of format \(manifest.format), this program knows \(BackupManifest.format); use recs \(manifest.program)")
        }
        return manifest
    }

    private func check(_ file: BackupManifest.File) throws {
        progress("checking \(file.path)")
        let path = backup + "/" + file.path
        guard !file.path.hasPrefix("/"), !file.path.split(separator: "/").contains(".."), FileManager.default.fileExists(atPath: path)
        else {
            throw BackupError("\(path) is missing; use another backup")
        }
        let (digest, count) = try Digest.hexadecimal(ofFile: path)
        guard digest == file.sha256, count == file.bytes else {
            throw BackupError("\(path) is damaged: its checksum is not the one that it was backed up with; use another backup")
        }
    }

    private func lay(out manifest: BackupManifest, as folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for file in manifest.files where file.path != BackupManifest.snapshotName {
            progress("copying \(file.path)")
            try BackupFiles.makeParent(of: folder + "/" + file.path)
            try FileManager.default.copyItem(atPath: backup + "/" + file.path, toPath: folder + "/" + file.path)
        }
        // What was lost since the backup keeps its offsets: read tokens and features of that future must not be taken for what comes now.
        for topic in Topic.allCases { try LogSnapshot.leap(topic, in: folder + "/" + Backup.logFolder) }
        if manifest.redis != nil {
            progress("copying features")
            try RedisServer.makeFolder(folder + "/redis", ofSnapshot: backup + "/" + BackupManifest.snapshotName)
        }
    }

    /// Starts a Redis on the features: proves that they load, and reads how far they are.
    private func loadFeatures(_ folder: String, _ manifest: inout BackupManifest) throws {
        guard manifest.redis != nil else { return }
        progress("loading features")
        let redis = folder + "/redis"
        do {
            let server = try RedisServer(folder: redis)
            defer { server.stop() }
            let counts = manifest.topics.compactMap { topic in Topic(name: topic.topic).map { ($0, topic.partitions.count) } }
            let positions = try FeaturePositions(
                address: server.address, keys: Keys(namespace: manifest.namespace, bucketsPerPartition: manifest.bucketsPerPartition),
                partitionCounts: Dictionary(uniqueKeysWithValues: counts))
            try take(positions, into: &manifest)
        }
        for name in ["recs.lock", "redis.pid", "redis.log", "redis.out", "redis.sock"] {
            try? FileManager.default.removeItem(atPath: redis + "/" + name)
        }
    }

    private func take(_ positions: FeaturePositions, into manifest: inout BackupManifest) throws {
        for index in manifest.topics.indices {
            guard let topic = Topic(name: manifest.topics[index].topic) else { continue }
            for place in manifest.topics[index].partitions.indices {
                let partition = manifest.topics[index].partitions[place]
                let range = PartitionRange(partition: partition.partition, start: partition.start, end: partition.end)
                try positions.check(topic, generation: manifest.topics[index].generation, range)
                manifest.topics[index].partitions[place].featuresNext = positions.next[.init(topic: topic, partition: partition.partition)]
            }
        }
    }
}
