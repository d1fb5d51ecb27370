/// Which master serves which slot, as a cluster tells it; a single server serves all of them.
struct SlotMap: Sendable {
    struct Node: Sendable, Hashable {
        /// The node's name in the cluster, empty for a single server. A promoted replica has another than its master had.
        let id: String
        let address: StoreAddress
        /// Replicas that might be promoted.
        var replicaCount = 0
    }

    /// A seed is one of several, so we do not wait long for it.
    static let seedMillisecondsMax = 1000

    /// The masters that serve slots, by name.
    let nodes: [Node]
    /// The ranges of slots and who serves them: two maps are the same where these texts are.
    let identity: String
    let isCluster: Bool
    /// By slot; empty for a single server.
    private let owners: [UInt16]

    init(single address: StoreAddress) {
        nodes = [Node(id: "", address: address)]
        identity = ""
        isCluster = false
        owners = []
    }

    /// Throws `unavailable` where a slot is served by nobody.
    init(ranges: [(slots: ClosedRange<Int>, master: Node)]) throws(StoreError) {
        let ranges = ranges.sorted { $0.slots.lowerBound < $1.slots.lowerBound }
        let nodes = Dictionary(ranges.map { ($0.master.id, $0.master) }) { first, _ in first }.values.sorted { $0.id < $1.id }
        let indices = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.id, UInt16($0)) })
        var owners = [UInt16?](repeating: nil, count: StoreRoute.slotCount)
        for range in ranges {
            for slot in range.slots.clamped(to: 0...StoreRoute.slotCount - 1) { owners[slot] = indices[range.master.id] }
        }
        let gaps = SlotMap.gaps(owners)
        guard gaps.isEmpty else {
            throw StoreError(
                .unavailable, "the Redis Cluster serves no slots \(gaps.joined(separator: ", ")): see redis-cli --cluster check")
        }
        self.nodes = nodes
        self.owners = owners.compactMap { $0 }
        isCluster = true
        identity = ranges.map { "\($0.slots.lowerBound)-\($0.slots.upperBound):\($0.master.id)" }.joined(separator: " ")
    }

    /// The map of a store now: asks `known` nodes and the seeds in turn, until one answers that its cluster works.
    init(of address: StoreAddress, known: [StoreAddress], timeoutMilliseconds: Int) throws(StoreError) {
        guard case .cluster(let seeds) = address.endpoint else {
            self.init(single: address)
            return
        }
        var failures: [String] = []
        for seed in known + seeds.filter({ !known.contains($0) }) {
            do {
                let pipeline = try Pipeline(seed, timeoutMilliseconds: min(timeoutMilliseconds, SlotMap.seedMillisecondsMax))
                self = try SlotMap(from: pipeline)
                return
            } catch {
                if error.kind == .denied || error.kind == .badAddress { throw error }
                failures.append(error.description)
            }
        }
        throw StoreError(.unavailable, "no node tells the map of \(address): \(failures.joined(separator: "; "))")
    }

    /// What the node at the other end holds for the map.
    init(from pipeline: Pipeline) throws(StoreError) {
        pipeline.commands.command("CLUSTER", argumentCount: 1)
        pipeline.commands.argument("INFO")
        pipeline.commands.command("CLUSTER", argumentCount: 1)
        pipeline.commands.argument("SLOTS")
        try pipeline.exchange()
        let replies = pipeline.replies
        if replies.root(0).kind == .error, replies.string(replies.root(0)).contains("cluster support disabled") {
            throw StoreError(.badAddress, "\(pipeline.address) is no node of a Redis Cluster: name it by redis://")
        }
        for index in 0...1 {
            if let failure = replies.failure(index) { throw failure }
        }
        guard replies.string(replies.root(0)).contains("cluster_state:ok") else {
            throw StoreError(.unavailable, "the Redis Cluster is down for \(pipeline.address): see redis-cli --cluster check")
        }
        var cursor = ReplyCursor(replies, at: replies.roots[1])
        var ranges: [(slots: ClosedRange<Int>, master: Node)] = []
        for _ in 0..<cursor.next().count { ranges.append(try SlotMap.range(&cursor, askedAt: pipeline.address)) }
        try self.init(ranges: ranges)
    }

    /// The index of a slot's master in `nodes`.
    func node(slot: UInt16) -> Int { owners.isEmpty ? 0 : Int(owners[Int(slot)]) }

    /// An array of first slot, last slot, master, and replicas; a server is an array of host, port, name, and more.
    private static func range(
        _ cursor: inout ReplyCursor, askedAt seed: StoreAddress
    ) throws(StoreError) -> (slots: ClosedRange<Int>, master: Node) {
        let count = cursor.next().count
        let (first, last) = (cursor.next().value, cursor.next().value)
        guard count >= 3, first <= last else { throw StoreError(.protocolError, "Redis answered CLUSTER SLOTS with something else") }
        let fieldCount = cursor.next().count
        let (host, port, id) = (cursor.text(), cursor.next().value, cursor.text())
        for _ in 3..<max(3, fieldCount) { cursor.skip() }
        for _ in 3..<count { cursor.skip() }
        return (first...last, Node(id: id, address: seed.sibling(host: host, port: port), replicaCount: count - 3))
    }

    /// The ranges of slots without an owner.
    private static func gaps(_ owners: [UInt16?]) -> [String] {
        var gaps: [ClosedRange<Int>] = []
        for slot in owners.indices where owners[slot] == nil {
            if let last = gaps.last, last.upperBound == slot - 1 {
                gaps[gaps.count - 1] = last.lowerBound...slot
            } else {
                gaps.append(slot...slot)
            }
        }
        return gaps.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" }
    }
}

extension StoreAddress {
    /// A server that this one names; one that does not know its own name stands where this one was reached.
    func sibling(host: String, port: Int) -> StoreAddress {
        var found = host
        if host.isEmpty || host == "?", case .tcp(let own, _) = endpoint { found = own }
        return sibling(host: found, port: Int32(truncatingIfNeeded: port))
    }
}

/// Reads nested replies node by node.
struct ReplyCursor {
    private let replies: ReplyBuffer
    private var place: Int

    init(_ replies: ReplyBuffer, at place: Int) {
        self.replies = replies
        self.place = place
    }

    /// The next node, one without elements or text behind the last.
    mutating func next() -> ReplyBuffer.Node {
        guard place < replies.nodes.count else { return ReplyBuffer.Node(kind: .missing, value: 0, count: 0) }
        defer { place += 1 }
        return replies.nodes[place]
    }

    mutating func text() -> String { replies.string(next()) }

    mutating func bytes() -> [UInt8] { replies.text(next()) }

    /// Passes over a node and its elements.
    mutating func skip() {
        let node = next()
        if node.kind == .array { for _ in 0..<node.count { skip() } }
    }
}
