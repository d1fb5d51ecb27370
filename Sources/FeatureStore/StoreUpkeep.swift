package import Features

/// Who answers at the other end: when any of it changes, jobs drop their caches and resume from the markers (DESIGN §6.6).
package struct StoreIdentity: Sendable, Equatable {
    /// A master of the store, or its one server.
    package struct Node: Sendable, Equatable {
        /// New with every start of the server.
        package var runID: String
        /// `master` or `slave`, as Redis says.
        package var role: String
        /// Whose history it had before it became a master: new with every promotion, zeros where it was never promoted. (The id of its present
        /// history changes as well when the first replica comes.)
        package var previousReplicationID: String

        /// What is another with every start and every failover.
        var text: String { "\(runID) \(role) \(previousReplicationID)" }

        /// Of `INFO`'s fields; nil where one is missing.
        init?(_ fields: [String: String]) {
            guard let runID = fields["run_id"], let role = fields["role"], let previous = fields["master_replid2"] else { return nil }
            (self.runID, self.role, previousReplicationID) = (runID, role, previous)
        }
    }

    /// A master of a cluster, with slots or without, and who may take its place.
    package struct Shard: Sendable, Equatable {
        package var master: String
        package var replicas: [String]
        package var hasSlots: Bool
        /// Empty where a master without slots does not answer.
        package var life: String
    }

    /// The masters that serve slots, or the one server.
    package var nodes: [Node]
    /// Which node serves which slots, by the nodes' names in the cluster; empty for a single server.
    package var slotMap: String
    /// By the masters' names; empty for a single server.
    package var shards: [Shard]
}

/// What is done now and then: identity, settings, namespaces, dropping of keys.
extension StoreConnection {
    private static let keysPerCall: Int64 = 1000
    private static let valuesPerRead = 2000

    /// The `INFO` of every master, all sections, by field.
    package func infos() throws(StoreError) -> [[String: String]] {
        var infos: [[String: String]] = []
        for place in try askAll({ commands in
            commands.command("INFO", argumentCount: 1)
            commands.argument("everything")
        }) {
            if let failure = nodes.failure(place) { throw failure }
            infos.append(infoFields(nodes.replies(place).string(nodes.replies(place).root(place.index))))
        }
        return infos
    }

    /// Who answers now. The slot map is the one that the first master sees now, not the one that this connection goes by.
    package func identity() throws(StoreError) -> StoreIdentity {
        let found = try infos().enumerated().map { (node, fields) throws(StoreError) in
            // It may be set while we run, and what is dropped then is missed by nobody but `recs verify`.
            if let policy = fields["maxmemory_policy"], policy != "noeviction", fields["maxmemory"] ?? "0" != "0" {
                throw StoreError(
                    .unavailable,
                    "Redis at \(nodes.address(node)) has a maxmemory and drops values by the policy \(policy), which loses viewers' features "
                        + "without telling: CONFIG SET maxmemory-policy noeviction; if it has dropped any (INFO stats: evicted_keys), rebuild by replay"
                )
            }
            guard let found = StoreIdentity.Node(fields) else {
                throw StoreError(
                    .protocolError, "INFO of \(nodes.address(node)) has no run_id, role or master_replid2: this is not a Redis that we know"
                )
            }
            return found
        }
        let map = nodes.map.isCluster ? try SlotMap(from: nodes.next(node: 0).pipeline).identity : ""
        return StoreIdentity(nodes: found, slotMap: map, shards: try shards(found))
    }

    /// Sends a command to every master.
    private func askAll(_ encode: (inout CommandBuffer) -> Void) throws(StoreError) -> [StoreNodes.Place] {
        var places: [StoreNodes.Place] = []
        for node in 0..<nodes.masterCount {
            let (pipeline, place) = try nodes.next(node: node)
            encode(&pipeline.commands)
            places.append(place)
        }
        try nodes.exchange()
        return places
    }

    /// What is wrong with the server's settings, each with its fix; empty where features are safe in it.
    package func settingsProblems() throws(StoreError) -> [String] {
        let wanted: [(name: StaticString, value: String, why: String)] = [
            ("maxmemory-policy", "noeviction", "any other policy drops viewers' features without telling"),
            ("appendonly", "yes", "without it a restart of Redis loses all features and they are rebuilt by replay"),
        ]
        var problems: [String] = []
        for setting in wanted {
            for place in try askAll({ commands in
                commands.command("CONFIG", argumentCount: 2)
                commands.argument("GET")
                commands.argument(setting.name)
            }) {
                let name = "\(mention(ofNode: place.node))\(setting.name)"
                if let failure = nodes.failure(place) {
                    problems.append("\(name) cannot be checked: \(failure.description)")
                    continue
                }
                let texts = try nodes.replies(place).texts(place.index)
                let found = texts.last.flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } ?? "unknown"
                if found != setting.value {
                    problems.append("\(name) is \(found): \(setting.why); run CONFIG SET \(setting.name) \(setting.value)")
                }
            }
        }
        return problems
    }

    /// Servers whose memory is nearly used up, and what to do; none where nothing bounds it.
    package func memoryProblems() throws(StoreError) -> [String] {
        try infos().enumerated().compactMap { node, info in
            guard let used = info["used_memory"].flatMap({ Int64($0) }), let most = info["maxmemory"].flatMap({ Int64($0) }), most > 0,
                used > most / 10 * 9
            else { return nil }
            return "\(mention(ofNode: node))\(used >> 20) MB of \(most >> 20) MB of memory are used, and a full Redis takes no features: "
                + "run CONFIG SET maxmemory with more, or spread over a cluster"
        }
    }

    /// Which server something is said of, where there are several.
    private func mention(ofNode node: Int) -> String { nodes.map.isCluster ? "\(nodes.address(node)): " : "" }

    /// Notes that the namespace is in use.
    package func register(_ keys: Keys) throws(StoreError) {
        try complete([StoreConnection.onNamespaces("SADD", keys)])
    }

    /// The namespaces in use, sorted.
    package func namespaces() throws(StoreError) -> [String] {
        var found: [String] = []
        let members = KeyCommand(key: Keys.namespaces) { commands in
            commands.command("SMEMBERS", argumentCount: 1)
            commands.argument(Keys.namespaces)
        }
        try nodes.follow([members]) { (_, replies, index) throws(StoreError) in
            found = try replies.texts(index).compactMap { $0.map { String(decoding: $0, as: UTF8.self) } }
        }
        return found.sorted()
    }

    private static func onNamespaces(_ command: StaticString, _ keys: Keys) -> KeyCommand {
        KeyCommand(key: Keys.namespaces) { commands in
            commands.command(command, argumentCount: 2)
            commands.argument(Keys.namespaces)
            commands.argument(Array(keys.namespace.utf8))
        }
    }

    /// Hands over all keys that begin with `prefix`, some at a time, without holding up the servers. A key that is there throughout is
    /// handed over at least once; one may come twice (`SCAN`). One that moves between nodes of a cluster meanwhile may be missed.
    package func forEachKeys(prefix: [UInt8], _ body: ([[UInt8]]) throws(StoreError) -> Void) throws(StoreError) {
        let pattern = prefix.flatMap { Array("*?[]\\^".utf8).contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] } + [UInt8(ascii: "*")]
        for node in 0..<nodes.masterCount { try forEachKeys(node: node, pattern: pattern, body) }
    }

    private func forEachKeys(
        node: Int, pattern: [UInt8], _ body: ([[UInt8]]) throws(StoreError) -> Void
    ) throws(StoreError) {
        var cursor = Array("0".utf8)
        repeat {
            let (pipeline, place) = try nodes.next(node: node)
            pipeline.commands.command("SCAN", argumentCount: 5)
            pipeline.commands.argument(cursor)
            pipeline.commands.argument("MATCH")
            pipeline.commands.argument(pattern)
            pipeline.commands.argument("COUNT")
            pipeline.commands.argument(StoreConnection.keysPerCall)
            try nodes.exchange()
            if let failure = nodes.failure(place) { throw failure }
            var reply = ReplyCursor(pipeline.replies, at: pipeline.replies.roots[place.index] + 1)
            cursor = reply.bytes()
            let list = reply.next()
            guard list.kind == .array, !cursor.isEmpty else {
                throw StoreError(.protocolError, "Redis answered SCAN with something else")
            }
            let found = (0..<list.count).map { _ in reply.bytes() }
            if !found.isEmpty { try body(found) }
        } while cursor != Array("0".utf8)
    }

    /// The values of the keys, nil for those that are absent; any number of them.
    package func values(_ keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        var values = [[UInt8]?](repeating: nil, count: keys.count)
        for first in stride(from: 0, to: keys.count, by: StoreConnection.valuesPerRead) {
            let some = keys[first..<min(first + StoreConnection.valuesPerRead, keys.count)]
            try nodes.follow(some.map { .get($0) }) { (key, replies, index) throws(StoreError) in
                if let failure = replies.failure(index) { throw failure }
                let root = replies.root(index)
                if root.kind == .text { values[first + key] = replies.text(root) }
            }
        }
        return values
    }

    /// What Redis needs for each of the keys, value and overhead, bytes; 0 for those that are absent.
    package func memoryUsage(_ keys: [[UInt8]]) throws(StoreError) -> [Int] {
        var sizes = [Int](repeating: 0, count: keys.count)
        try nodes.follow(keys.map { StoreConnection.memoryUsage($0) }) { (key, replies, index) throws(StoreError) in
            if let failure = replies.failure(index) { throw failure }
            sizes[key] = max(0, replies.root(index).value)
        }
        return sizes
    }

    private static func memoryUsage(_ key: [UInt8]) -> KeyCommand {
        KeyCommand(key: key) { commands in
            commands.command("MEMORY", argumentCount: 2)
            commands.argument("USAGE")
            commands.argument(key)
        }
    }

    /// Removes keys, whose memory Redis frees in the background. Returns how many there were.
    @discardableResult
    package func unlink(_ keys: [[UInt8]]) throws(StoreError) -> Int {
        var count = 0
        try nodes.follow(keys.map { StoreConnection.unlink($0) }) { (_, replies, index) throws(StoreError) in
            if let failure = replies.failure(index) { throw failure }
            count += replies.root(index).value
        }
        return count
    }

    private static func unlink(_ key: [UInt8]) -> KeyCommand {
        KeyCommand(key: key) { commands in
            commands.command("UNLINK", argumentCount: 1)
            commands.argument(key)
        }
    }

    /// Removes everything of a namespace, other namespaces untouched. Returns how many keys there were. In a cluster it looks twice, as
    /// keys may have moved meanwhile.
    @discardableResult
    package func dropNamespace(_ keys: Keys) throws(StoreError) -> Int {
        var count = 0
        for _ in 0..<(nodes.map.isCluster ? 2 : 1) {
            try forEachKeys(prefix: keys.namespacePrefix) { (found) throws(StoreError) in count += try unlink(found) }
        }
        try complete([StoreConnection.onNamespaces("SREM", keys)])
        return count
    }
}
