internal import Foundation
internal import Glibc

/// Snapshots of our own Redis (RDB files), and folders made of them.
extension RedisServer {
    private static let snapshotName = "dump.rdb"
    private static let waitMilliseconds = 100

    /// Where the server of a folder (made if missing, so that its name is the final one) listens, whoever has started it or will.
    package static func address(folder: String) throws(StoreError) -> StoreAddress {
        StoreAddress(socketPath: try socketPath(folder: makeFolder(folder)))
    }

    /// Has the server that runs in `folder` write all it holds at one moment, and moves the file to `path`. Commands are answered meanwhile.
    ///
    /// Blocks until the file is there; `waits` is called now and then. Returns the version of the server.
    package static func takeSnapshot(folder: String, to path: String, waits: () -> Void) throws(StoreError) -> String {
        let connection = try StoreConnection(address(folder: folder))
        try connection.startSnapshot { pause(waits) }
        var fields = try connection.infos()[0]
        while fields["rdb_bgsave_in_progress"] != "0" {
            pause(waits)
            fields = try connection.infos()[0]
        }
        guard fields["rdb_last_bgsave_status"] == "ok" else {
            throw StoreError(
                .unavailable, "Redis could not write its snapshot; \(folder)/redis.log says why (disk full, no memory to fork?)")
        }
        do {
            try FileManager.default.moveItem(atPath: "\(folder)/\(snapshotName)", toPath: path)
        } catch {
            throw StoreError(.unavailable, "cannot move \(folder)/\(snapshotName) to \(path): \(error.localizedDescription)")
        }
        return fields["redis_version"] ?? "unknown"
    }

    /// Makes `folder` one that a server starts from with what the snapshot at `path` holds: an append-only file whose base is the snapshot
    /// (Redis 7, "Multi part AOF"; a bare `dump.rdb` is not read by a server with `appendonly yes`).
    package static func makeFolder(_ folder: String, ofSnapshot path: String) throws(StoreError) {
        let inner = folder + "/appendonlydir"
        let base = "appendonly.aof.1.base.rdb"
        do {
            try FileManager.default.createDirectory(
                atPath: inner, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.copyItem(atPath: path, toPath: "\(inner)/\(base)")
            try Data("file \(base) seq 1 type b\n".utf8).write(to: URL(fileURLWithPath: inner + "/appendonly.aof.manifest"))
        } catch {
            throw StoreError(.unavailable, "cannot lay out \(folder): \(error.localizedDescription)")
        }
    }

    private static func pause(_ waits: () -> Void) {
        waits()
        usleep(UInt32(waitMilliseconds) * 1000)
    }
}

extension StoreConnection {
    /// Begins a snapshot; while the server writes its append-only file anew, or another snapshot, it asks again after `wait`.
    fileprivate func startSnapshot(_ wait: () -> Void) throws(StoreError) {
        while true {
            let (pipeline, place) = try nodes.next(node: 0)
            pipeline.commands.command("BGSAVE", argumentCount: 0)
            try nodes.exchange()
            guard let failure = nodes.failure(place) else { return }
            guard failure.description.contains("in progress") else { throw failure }
            wait()
        }
    }
}
