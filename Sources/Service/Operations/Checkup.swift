import EventLog
import Events
import FeatureStore
import Foundation

/// Looks at what a `recs` process needs of its machine and of what it was told to use.
package struct Checkup: Sendable {
    /// One thing that was looked at.
    package struct Finding: Encodable, Sendable {
        package var what: String
        package var ok: Bool
        package var found: String
        /// The command or setting that mends it; empty where nothing has to be done.
        package var fix: String

        init(_ what: String, ok: Bool, found: String, fix: String) {
            self.what = what
            self.ok = ok
            self.found = found
            self.fix = ok ? "" : fix
        }
    }

    private static let freeByteCountMin: Int64 = 1 << 30
    private static let timeoutMilliseconds = 3000

    private let configuration: Configuration

    package init(configuration: Configuration) { self.configuration = configuration }

    /// Takes some seconds at most for each thing that does not answer.
    package func findings() async -> [Finding] {
        var findings = [resources()]
        if let url = configuration.redis { findings.append(await redis(at: url)) } else { findings.append(redisProgram()) }
        if !configuration.brokers.isEmpty { findings.append(await brokers()) }
        if let url = configuration.registry { findings.append(await registry(at: url)) }
        findings += [dataFolder(), disk()] + files()
        findings += [controlStore(), partitions()].compactMap(\.self)
        findings.append(await port())
        findings.append(keys())
        return findings
    }

    private func resources() -> Finding {
        let root = try? Resources().root
        return Finding(
            "shipped files (Data/, Models/)", ok: root != nil, found: root ?? "not found",
            fix: "export RECS_HOME=… with the folder that holds them")
    }

    // MARK: What the process talks to

    private func redisProgram() -> Finding {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = folders.map { "\($0)/redis-server" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        return Finding(
            "redis-server", ok: found != nil, found: found ?? "not on PATH",
            fix: "apt-get install redis-server, or name a Redis with --redis")
    }

    private func redis(at url: String) async -> Finding {
        // hiredis blocks: it gets a thread of its own.
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: Checkup.redisBlocking(at: url)) }.start()
        }
    }

    private static func redisBlocking(at url: String) -> Finding {
        do throws(StoreError) {
            let connection = try StoreConnection(StoreAddress(url), timeoutMilliseconds: timeoutMilliseconds)
            let problems = try connection.settingsProblems() + connection.memoryProblems()
            return Finding(
                "Redis", ok: problems.isEmpty, found: problems.isEmpty ? "answers" : "answers, but is not fit for features",
                fix: problems.joined(separator: "; "))
        } catch {
            let fix =
                switch error.kind {
                case .unavailable:
                    "redis-server --appendonly yes --maxmemory-policy noeviction, or name another with --redis, or leave it out for our own"
                default: "name another with --redis, or leave it out for our own"
                }
            return Finding("Redis", ok: false, found: "\(error)", fix: fix)
        }
    }

    /// One broker that answers tells of the others.
    private func brokers() async -> Finding {
        var problems: [String] = []
        for broker in configuration.brokers {
            let name = "\(broker.host):\(broker.port)"
            guard let problem = await NetworkProbe.broker(host: broker.host, port: broker.port) else {
                return Finding("broker of the log", ok: true, found: "\(name) answers", fix: "")
            }
            problems.append("\(name): \(problem)")
        }
        return Finding(
            "broker of the log", ok: false, found: problems.joined(separator: "; "),
            fix: "start the broker, or name another with --log kafka://HOST:PORT, or use --log embedded")
    }

    private func registry(at url: String) async -> Finding {
        do {
            let subjects = try await HTTPRegistry(url: url, timeoutMilliseconds: Checkup.timeoutMilliseconds).subjects()
            return Finding("schema registry", ok: true, found: "answers, \(subjects.count) subjects", fix: "")
        } catch {
            return Finding(
                "schema registry", ok: false, found: "\(error)",
                fix: "start it, or name another with --registry http://HOST:PORT, or leave it out for our own")
        }
    }

    // MARK: This machine

    /// The data folder, or the nearest folder above it that exists: where `recs serve` would make it.
    private var existingFolder: String {
        var url = URL(fileURLWithPath: configuration.dataFolder).standardizedFileURL
        while !FileManager.default.fileExists(atPath: url.path), url.path != "/" { url.deleteLastPathComponent() }
        return url.path
    }

    private func dataFolder() -> Finding {
        let (folder, existing) = (configuration.dataFolder, existingFolder)
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: existing, isDirectory: &isFolder)
        guard isFolder.boolValue else {
            return Finding("data folder", ok: false, found: "\(existing) is no folder", fix: "name another folder with --data")
        }
        let ok = FileManager.default.isWritableFile(atPath: existing) && FileManager.default.isExecutableFile(atPath: existing)
        let isThere = FileManager.default.fileExists(atPath: folder)
        let found = isThere ? folder : "\(folder) (will be made)"
        return Finding(
            "data folder", ok: ok, found: ok ? found : "this user may not write to \(existing)",
            fix: "sudo install -d -o $(id -un) '\(folder)', or name another folder with --data")
    }

    private func disk() -> Finding {
        let existing = existingFolder
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: existing)
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        return Finding(
            "free disk", ok: free >= Checkup.freeByteCountMin, found: "\(free >> 20) MB at \(existing)",
            fix: "make at least \(Checkup.freeByteCountMin >> 20) MB free (du -xsh '\(existing)'/* shows what is there), or name another "
                + "folder with --data")
    }

    /// The databases that are there: control store, registry, the topics of the embedded log, the archive's manifests.
    private func files() -> [Finding] {
        let (data, archive) = (configuration.dataFolder, configuration.archiveFolder)
        func names(in folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
        let folders = [data, data + "/log"] + names(in: archive).map { "\(archive)/\($0)" }
        return folders.flatMap { folder in
            names(in: folder).filter { $0.hasSuffix(".sqlite") }.map { name in
                let path = "\(folder)/\(name)"
                let (found, fix) = DatabaseCheck.look(at: path)
                return Finding("file \(path.dropFirst(data.count + 1))", ok: fix == nil, found: found, fix: fix ?? "")
            }
        }
    }

    /// Nil where it is there, or nothing has begun yet.
    private func controlStore() -> Finding? {
        let path = configuration.dataFolder + "/control.sqlite"
        if FileManager.default.fileExists(atPath: path) || !configuration.hasEmbeddedLog { return nil }
        return Finding(
            "file control.sqlite", ok: false, found: "missing, and the log is there",
            fix: "bring it back from a backup: it holds catalogue, maturity limits and definitions, which recs serve would begin anew")
    }

    /// Of an embedded log that is there.
    private func partitions() -> Finding? {
        guard configuration.log == "embedded",
            let contents = try? LogSnapshot.contents(of: .play, in: configuration.logFolder)
        else { return nil }
        let (found, wanted) = (contents.description.partitions, configuration.partitionCount)
        return Finding(
            "partitions of the log", ok: found == wanted,
            found: found == wanted ? "\(found)" : "\(found), and the configuration says \(wanted)",
            fix: "set `partitions: \(found)`, or stop the service and run recs repartition --partitions \(wanted) --into NAMESPACE")
    }

    private func port() async -> Finding {
        let (host, port) = (configuration.host, configuration.port)
        func finding(_ found: String, _ fix: String) -> Finding {
            Finding("port \(port) of \(host)", ok: fix.isEmpty, found: found, fix: fix)
        }
        switch await NetworkProbe.listener(host: host, port: port) {
        case nil: return finding("free", "")
        case .inUse where await isTheServices(port):
            return finding("in use by a recs service", "")
        case .inUse:
            return finding("in use", "stop what listens there (ss -ltnp 'sport = :\(port)' shows it), or choose another with --port")
        case .needsRights: return finding("not for this user", "choose a port from 1024 on with --port")
        case .hostIsElsewhere: return finding("no address of this machine", "choose one that `ip addr` lists with --host")
        case .other(let words): return finding(words, "choose another with --host and --port")
        }
    }

    /// True where a service answers at the port and may be the one of the data folder: an embedded log shows whether anybody works with it.
    private func isTheServices(_ port: Int) async -> Bool {
        let host = ["0.0.0.0": "127.0.0.1", "::": "::1"][configuration.host] ?? configuration.host
        // Asked first: to look at the lease is to hold it for a moment, in which nobody could start.
        guard await NetworkProbe.isService(host: host, port: port) else { return false }
        return configuration.log != "embedded" || LogLease.isHeld(configuration.dataFolder)
    }

    private func keys() -> Finding {
        Finding(
            "who gets in", ok: configuration.isLoopback || !configuration.keys.isEmpty,
            found: configuration.keys.isEmpty ? "this machine only, no keys" : "\(configuration.keys.count) keys",
            fix: "add `keys:` to recs.yaml or set RECS_ADMIN_KEY")
    }
}
