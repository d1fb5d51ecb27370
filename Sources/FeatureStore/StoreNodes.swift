/// The connections of one thread to the servers of a store: one to each master of a cluster, made when it is needed, or the one to a single
/// server.
///
/// What is appended for several nodes is sent to all before the first reply is read. A broken one is of no more use to whoever keeps copies
/// of what is stored: it makes another, whose map is new.
final class StoreNodes {
    /// Where the reply to a command will be.
    struct Place: BitwiseCopyable {
        var node: Int
        var index: Int
    }

    private struct Node {
        var address: StoreAddress
        /// The name the node must have; nil for one that another node has named.
        var id: String?
        var replicaCount: Int
        var pipeline: Pipeline?
    }

    let map: SlotMap
    private let timeoutMilliseconds: Int
    /// The map's masters, then nodes to which slots are on their way.
    private var nodes: [Node]
    private var isStale = false
    /// Nodes that keys were followed to.
    private(set) var targets: Set<Int> = []

    /// Connects to a single server, or reads a cluster's map. `replaced`: one that has broken, whose good connections are taken over.
    init(_ address: StoreAddress, timeoutMilliseconds: Int, replacing replaced: StoreNodes? = nil) throws(StoreError) {
        self.timeoutMilliseconds = timeoutMilliseconds
        let known = replaced.map { old in old.map.isCluster ? old.map.nodes.map(\.address).filter { old.goodPipeline($0) != nil } : [] }
        map = try SlotMap(of: address, known: known ?? [], timeoutMilliseconds: timeoutMilliseconds)
        nodes = map.nodes.map { Node(address: $0.address, id: $0.id, replicaCount: $0.replicaCount) }
        for index in nodes.indices { nodes[index].pipeline = replaced?.goodPipeline(nodes[index].address) }
        if !map.isCluster { _ = try pipeline(0) }
    }

    /// True once a connection has failed or a node has said that the map is old.
    var isBroken: Bool { isStale || nodes.contains { $0.pipeline?.isBroken ?? false } }

    /// Masters that serve slots.
    var masterCount: Int { map.nodes.count }

    /// The connection to a slot's master, and where the reply to the next command will be.
    func next(slot: UInt16) throws(StoreError) -> (pipeline: Pipeline, place: Place) { try next(node: map.node(slot: slot)) }

    func next(node: Int) throws(StoreError) -> (pipeline: Pipeline, place: Place) {
        let pipeline = try pipeline(node)
        return (pipeline, Place(node: node, index: pipeline.replyCount))
    }

    /// Sends what waits to all nodes, then reads all replies.
    func exchange() throws(StoreError) {
        if let failure = exchangeEach().first(where: { $0 != nil }), let failure { throw failure }
    }

    /// As `exchange`; returns by node what went wrong there.
    func exchangeEach() -> [StoreError?] {
        var failures = [StoreError?](repeating: nil, count: nodes.count)
        var waiting: [(node: Int, pipeline: Pipeline)] = []
        for (index, node) in nodes.enumerated() {
            if let pipeline = node.pipeline, pipeline.replyCount > 0 { waiting.append((index, pipeline)) }
        }
        for (node, pipeline) in waiting where waiting.count > 1 {
            do { try pipeline.send() } catch { failures[node] = error }
        }
        for (node, pipeline) in waiting where failures[node] == nil {
            do { try pipeline.exchange() } catch { failures[node] = error }
        }
        return failures
    }

    /// The replies of a node; valid until the next exchange.
    func replies(_ place: Place) -> ReplyBuffer {
        guard let pipeline = nodes[place.node].pipeline else { preconditionFailure("a reply comes over a connection") }
        return pipeline.replies
    }

    /// Nil for a good reply, else what Redis complains of.
    func failure(_ place: Place) -> StoreError? {
        let replies = replies(place)
        let root = replies.root(place.index)
        return root.kind == .error ? failure(reply: replies.string(root)) : nil
    }

    func address(_ node: Int) -> StoreAddress { nodes[node].address }

    func replicaCount(_ node: Int) -> Int { nodes[node].replicaCount }

    /// The number of a node to which another has pointed.
    func node(at address: StoreAddress) -> Int {
        let found = nodes.firstIndex { $0.address == address } ?? nodes.count
        if found == nodes.count { nodes.append(Node(address: address, id: nil, replicaCount: 0)) }
        targets.insert(found)
        return found
    }

    /// What a complaint means. In a cluster, whoever says that it cannot serve a slot makes the map an old one.
    private func failure(reply text: String) -> StoreError {
        guard map.isCluster else { return StoreError(reply: text) }
        switch text.prefix(while: { $0 != " " }) {
        case "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "LOADING", "READONLY", "MASTERDOWN":
            return stale("the Redis Cluster is changing: \(text)")
        default:
            return StoreError(reply: text)
        }
    }

    /// Breaks the connections as a whole.
    func stale(_ why: String) -> StoreError {
        isStale = true
        return StoreError(.unavailable, why)
    }

    private func goodPipeline(_ address: StoreAddress) -> Pipeline? {
        nodes.first { $0.address == address }?.pipeline.flatMap { $0.isBroken ? nil : $0 }
    }

    private func pipeline(_ index: Int) throws(StoreError) -> Pipeline {
        if let pipeline = nodes[index].pipeline { return pipeline }
        do {
            let made = try Pipeline(nodes[index].address, timeoutMilliseconds: timeoutMilliseconds)
            if map.isCluster { try check(made, id: nodes[index].id) }
            nodes[index].pipeline = made
            return made
        } catch {
            isStale = true
            throw error
        }
    }

    /// Throws where the node is not the master that the map means, or where its cluster is down in its eyes.
    private func check(_ pipeline: Pipeline, id: String?) throws(StoreError) {
        pipeline.commands.command("ROLE", argumentCount: 0)
        pipeline.commands.command("CLUSTER", argumentCount: 1)
        pipeline.commands.argument("MYID")
        pipeline.commands.command("CLUSTER", argumentCount: 1)
        pipeline.commands.argument("INFO")
        try pipeline.exchangeAll()
        let replies = pipeline.replies
        guard replies.root(0).count > 0, replies.string(replies.nodes[1]) == "master",
            id == nil || replies.string(replies.root(1)) == id,
            replies.string(replies.root(2)).contains("cluster_state:ok")
        else { throw stale("\(pipeline.address) is not the working master that the map of the Redis Cluster names") }
    }
}
