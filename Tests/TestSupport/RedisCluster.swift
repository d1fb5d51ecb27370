internal import Foundation
import Glibc

/// A Redis Cluster of one test on loopback: masters, then a replica of each if asked for, each node in a folder of its own. Nodes are
/// told apart by index: masters first as they were made, whatever they have become since. Used by one thread at a time.
package final class RedisCluster: @unchecked Sendable {
    package let ports: [Int]
    package let masterCount: Int
    private let folder: TemporaryFolder
    private let nodeTimeoutMilliseconds: Int
    private var processes: [ChildProcess?]
    private var watchdog: ChildProcess?

    /// Starts the nodes, joins them and waits until the cluster works. Slots are dealt out evenly.
    package init(masterCount: Int = 3, withReplicas: Bool = false, nodeTimeoutMilliseconds: Int = 1000) throws {
        self.masterCount = masterCount
        self.nodeTimeoutMilliseconds = nodeTimeoutMilliseconds
        folder = try TemporaryFolder()
        ports = RedisCluster.freePorts(withReplicas ? masterCount * 2 : masterCount)
        processes = ports.map { _ in nil }
        for node in ports.indices { try start(node) }
        // Should the tests end without our deinit, the servers end with them.
        let script = "while kill -0 $0 2>/dev/null; do sleep 0.2; done; kill -9 $(cat $1/*/redis.pid); rm -rf $1"
        watchdog = try ChildProcess("sh", ["-c", script, "\(getpid())", folder.url.path])
        try join()
    }

    deinit {
        watchdog?.signal(SIGKILL)
        for process in processes { process?.signal(SIGKILL) }
        for process in processes { process?.wait() }
    }

    /// All nodes, as the store's address takes them.
    package var url: String { "redis-cluster://" + ports.map { "127.0.0.1:\($0)" }.joined(separator: ",") }

    // MARK: Nodes

    /// Where a node keeps its data.
    package func folder(of node: Int) -> String { folder.path("\(node)") }

    /// Starts a node, or starts it again with what it had.
    package func start(_ node: Int) throws {
        let path = folder.path("\(node)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        processes[node] = try ChildProcess(
            "redis-server",
            [
                "--port", "\(ports[node])", "--bind", "127.0.0.1", "--dir", path, "--pidfile", path + "/redis.pid", "--save", "",
                "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--cluster-enabled", "yes",
                "--cluster-announce-ip", "127.0.0.1", "--cluster-node-timeout", "\(nodeTimeoutMilliseconds)", "--cluster-config-file",
                "nodes.conf", "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
                "--enable-debug-command", "yes",
            ])
        guard eventually({ (try? command(node, "PING")) == "PONG" }) else { throw RedisClusterFailure("node \(node) does not start") }
    }

    /// Ends a node at once (`kill -9`).
    package func kill(_ node: Int) {
        processes[node]?.signal(SIGKILL)
        processes[node]?.wait()
    }

    /// Ends a node in an orderly way.
    package func stop(_ node: Int) throws {
        _ = try? command(node, "SHUTDOWN")
        processes[node]?.wait()
    }

    /// Holds a node up: it stays connected and answers nothing.
    package func pause(_ node: Int) { processes[node]?.signal(SIGSTOP) }

    package func resume(_ node: Int) { processes[node]?.signal(SIGCONT) }

    /// Makes a replica the master of its slots, whatever the others think.
    package func takeOver(_ replica: Int) throws { try command(replica, "CLUSTER", "FAILOVER", "TAKEOVER") }

    /// Runs a command on a node and answers what `redis-cli` prints. Throws Redis' complaints.
    @discardableResult
    package func command(_ node: Int, _ arguments: String...) throws -> String { try command(node, arguments) }

    @discardableResult
    package func command(_ node: Int, _ arguments: [String]) throws -> String {
        let result = try ChildProcess.run("redis-cli", ["-e", "-p", "\(ports[node])"] + arguments)
        guard result.status == 0 else {
            throw RedisClusterFailure("\(arguments.joined(separator: " ")) at node \(node): \(result.output)\(result.errors)")
        }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // MARK: Slots

    /// The slot of a key, as Redis calculates it.
    package func slot(of key: String) throws -> Int { Int(try command(0, "CLUSTER", "KEYSLOT", key)) ?? 0 }

    /// The node that serves a slot in the eyes of the first node that runs.
    package func owner(of slot: Int) throws -> Int {
        let witness = processes.firstIndex { $0?.isRunning == true } ?? 0
        for line in try command(witness, "CLUSTER", "NODES").split(separator: "\n") {
            let words = line.split(separator: " ")
            let ranges = words.dropFirst(8).filter { !$0.hasPrefix("[") }.map { $0.split(separator: "-").compactMap { Int($0) } }
            guard ranges.contains(where: { $0[0] <= slot && slot <= $0[$0.count - 1] }) else { continue }
            let port = words[1].split(separator: "@")[0].split(separator: ":").last.flatMap { Int($0) }
            if let port, let node = ports.firstIndex(of: port) { return node }
        }
        throw RedisClusterFailure("slot \(slot) is served by nobody")
    }

    /// Opens a slot for moving: from here on each of its keys is at one node or the other.
    package func beginMove(slot: Int, from source: Int, to target: Int) throws {
        try command(target, "CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", try id(source))
        try command(source, "CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", try id(target))
    }

    /// Moves at most so many keys of an open slot; answers how many.
    package func moveKeys(slot: Int, from source: Int, to target: Int, countMax: Int) throws -> Int {
        let keys = try command(source, "CLUSTER", "GETKEYSINSLOT", "\(slot)", "\(countMax)").split(separator: "\n").map(String.init)
        if keys.isEmpty { return 0 }
        try command(source, ["MIGRATE", "127.0.0.1", "\(ports[target])", "", "0", "5000", "KEYS"] + keys)
        return keys.count
    }

    /// Gives an open slot, whose keys have all moved, to its new master.
    package func endMove(slot: Int, from source: Int, to target: Int) throws {
        for node in [target, source] { try command(node, "CLUSTER", "SETSLOT", "\(slot)", "NODE", try id(target)) }
    }

    /// Moves a slot as a whole, at most so many keys at a time.
    package func move(slot: Int, from source: Int, to target: Int, countMax: Int) throws {
        try beginMove(slot: slot, from: source, to: target)
        while try moveKeys(slot: slot, from: source, to: target, countMax: countMax) > 0 {}
        try endMove(slot: slot, from: source, to: target)
    }

    /// True where all nodes that run say that the cluster works, and tell the same map.
    package var isWorking: Bool {
        var maps: Set<String> = []
        for (node, process) in processes.enumerated() where process?.isRunning == true {
            guard (try? command(node, "CLUSTER", "INFO"))?.contains("cluster_state:ok") == true else { return false }
            maps.insert((try? slotMap(node)) ?? "none of \(node)")
        }
        return maps.count == 1
    }

    /// Empties all nodes and their script caches.
    package func clean() throws {
        for node in 0..<masterCount {
            try command(node, "FLUSHALL")
            try command(node, "SCRIPT", "FLUSH")
        }
    }

    private func id(_ node: Int) throws -> String { try command(node, "CLUSTER", "MYID") }

    /// Masters and their slots in the eyes of a node.
    private func slotMap(_ node: Int) throws -> String {
        let lines = try command(node, "CLUSTER", "NODES").split(separator: "\n").map { $0.split(separator: " ") }
        let slots = lines.filter { $0.count > 8 }.map { [$0[0]] + $0[8...].filter { !$0.hasPrefix("[") } }
        return slots.filter { $0.count > 1 }.map { $0.joined(separator: " ") }.sorted().joined(separator: ";")
    }

    private func join() throws {
        let size = 16_384
        for node in 0..<masterCount {
            let (first, next) = (size * node / masterCount, size * (node + 1) / masterCount)
            try command(node, "CLUSTER", "ADDSLOTSRANGE", "\(first)", "\(next - 1)")
            try command(node, "CLUSTER", "SET-CONFIG-EPOCH", "\(node + 1)")
        }
        for node in ports.indices.dropFirst() { try command(node, "CLUSTER", "MEET", "127.0.0.1", "\(ports[0])") }
        let all = "cluster_known_nodes:\(ports.count)"
        guard try RedisCluster.waits({ try ports.indices.allSatisfy { try command($0, "CLUSTER", "INFO").contains(all) } }) else {
            throw RedisClusterFailure("the nodes do not meet")
        }
        for node in masterCount..<ports.count { try command(node, "CLUSTER", "REPLICATE", try id(node - masterCount)) }
        let follow = try RedisCluster.waits {
            try (masterCount..<ports.count).allSatisfy { try command($0, "INFO", "replication").contains("master_link_status:up") }
        }
        guard follow, RedisCluster.waits({ isWorking }) else { throw RedisClusterFailure("the cluster does not come to work") }
    }

    /// As `eventually`, asking seldom: every question is a process or more.
    private static func waits(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<300 {
            if try condition() { return true }
            usleep(100_000)
        }
        return try condition()
    }

    /// Ports whose bus ports (10,000 above) are free as well.
    private static func freePorts(_ count: Int) -> [Int] {
        var found: [Int] = []
        while found.count < count {
            let port = Int.random(in: 10_000..<22_000)
            if !found.contains(port), isFree(port), isFree(port + 10_000) { found.append(port) }
        }
        return found
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// What went wrong with a cluster of the tests.
package struct RedisClusterFailure: Error, CustomStringConvertible {
    package var description: String
    init(_ description: String) { self.description = description }
}
