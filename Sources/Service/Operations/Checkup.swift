import FeatureStore
import Foundation

/// Looks at what a `recs` process needs of its machine.
package struct Checkup {
    /// One thing that was looked at.
    package struct Finding: Encodable, Sendable {
        package var what: String
        package var ok: Bool
        package var found: String
        /// The command or setting that mends it; empty where nothing has to be done.
        package var fix: String
    }

    private static let freeByteCountMin: Int64 = 1 << 30

    private let configuration: Configuration

    package init(configuration: Configuration) { self.configuration = configuration }

    package func findings() -> [Finding] { [resources(), redis(), dataFolder(), disk(), port(), keys()] }

    private func resources() -> Finding {
        do {
            return Finding(what: "shipped files (Data/, Models/)", ok: true, found: try Resources().root, fix: "")
        } catch {
            return Finding(
                what: "shipped files (Data/, Models/)", ok: false, found: "not found", fix: "set RECS_HOME to the folder that holds them")
        }
    }

    private func redis() -> Finding {
        if let url = configuration.redis { return remoteRedis(url) }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = folders.map { "\($0)/redis-server" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        return Finding(
            what: "redis-server", ok: found != nil, found: found ?? "not on PATH",
            fix: found == nil ? "apt-get install redis-server, or name a Redis with --redis" : "")
    }

    private func remoteRedis(_ url: String) -> Finding {
        do throws(StoreError) {
            let problems = try StoreConnection(StoreAddress(url), timeoutMilliseconds: 1000).settingsProblems()
            return Finding(
                what: "Redis", ok: problems.isEmpty, found: problems.isEmpty ? "answers" : "answers, but",
                fix: problems.joined(separator: "; "))
        } catch {
            return Finding(what: "Redis", ok: false, found: "does not answer", fix: "\(error)")
        }
    }

    private func dataFolder() -> Finding {
        let folder = configuration.dataFolder
        let exists = FileManager.default.fileExists(atPath: folder)
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        let ok = FileManager.default.isWritableFile(atPath: exists ? folder : parent)
        return Finding(
            what: "data folder", ok: ok, found: exists ? folder : "\(folder) (will be made)",
            fix: ok ? "" : "name a folder that this user may write with --data")
    }

    private func disk() -> Finding {
        let parent = URL(fileURLWithPath: configuration.dataFolder).deletingLastPathComponent().path
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: parent)
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        let ok = free >= Checkup.freeByteCountMin
        return Finding(
            what: "free disk", ok: ok, found: "\(free >> 20) MB", fix: ok ? "" : "free space, or name another folder with --data")
    }

    private func port() -> Finding {
        let ok = configuration.port == 0 || isFree(configuration.port)
        return Finding(
            what: "port \(configuration.port)", ok: ok, found: ok ? "free" : "in use",
            fix: ok ? "" : "stop what listens there, or choose another with --port")
    }

    private func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }

    private func keys() -> Finding {
        let ok = configuration.isLoopback || !configuration.keys.isEmpty
        return Finding(
            what: "who gets in", ok: ok,
            found: configuration.keys.isEmpty ? "this machine only, no keys" : "\(configuration.keys.count) keys",
            fix: ok ? "" : "add `keys:` to recs.yaml or set RECS_ADMIN_KEY")
    }
}
