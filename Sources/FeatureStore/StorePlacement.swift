package import Features

/// Where each slot of a cluster is, as seen at one time.
package struct StorePlacement: Sendable {
    private let map: SlotMap
    /// The map's masters.
    private let masters: [UInt32]
    private let homes: [String: SlotHome]
    private let idle: Set<UInt32>
    /// By slot on its way, the nodes that give or take it.
    private let partners: [UInt16: Set<UInt32>]

    init(_ map: SlotMap, shards: [StoreIdentity.Shard], views: [ClusterView]) {
        self.map = map
        func hash(_ text: String) -> UInt32 { Array(text.utf8).withUnsafeBytes { Keys.fnv1a($0) } }
        let lives = shards.map { SlotHome.Life(node: hash($0.master), life: hash($0.life)) }.sorted { $0.node < $1.node }
        let homes = shards.map { ($0.master, SlotHome(nodes: ([$0.master] + $0.replicas).map(hash).sorted(), lives: lives)) }
        self.homes = Dictionary(homes) { first, _ in first }
        idle = Set(shards.filter { !$0.hasSlots }.map { hash($0.master) })
        masters = map.nodes.map { hash($0.id) }
        partners = views.reduce(into: [:]) { partners, view in
            for (slot, other) in view.movingSlots { partners[slot, default: []].formUnion([hash(other), hash(view.id)]) }
        }
    }

    /// The place of a key's slot.
    package func place(of key: [UInt8]) -> SlotPlace {
        let slot = StoreRoute.slot(of: key)
        let node = map.node(slot: slot)
        guard let home = homes[map.nodes[node].id] else { preconditionFailure("a placement is made where all masters are known") }
        return SlotPlace(home: home, master: masters[node], idle: idle, partners: partners[slot] ?? [])
    }
}

extension StoreConnection {
    /// Where the slots are, seen with `identity`. Asked for before markers are read: whoever begins another life after that breaks this
    /// connection, or is found by the next look at the identity. Nil where one server has all.
    package func placement(_ identity: StoreIdentity) throws(StoreError) -> StorePlacement? {
        guard nodes.map.isCluster else { return nil }
        for node in nodes.map.nodes where !identity.shards.contains(where: { $0.master == node.id }) {
            throw nodes.stale("the nodes of the Redis Cluster do not agree yet on who is there: \(node.address)")
        }
        var views: [ClusterView] = []
        for node in 0..<nodes.masterCount { views.append(try ClusterView(from: nodes.next(node: node).pipeline)) }
        // A slot may be on its way to one that serves none yet, and whoever takes the place of the one that gives it does not know of that.
        for master in views[0].masters where !master.hasSlots { if let (_, view) = idle(master) { views.append(view) } }
        return StorePlacement(nodes.map, shards: identity.shards, views: views)
    }

    /// All masters of the cluster in the eyes of the first, those without slots included: to them slots may move next. `lives` has those that
    /// serve slots, in the map's order; one of the others that does not answer has none.
    func shards(_ lives: [StoreIdentity.Node]) throws(StoreError) -> [StoreIdentity.Shard] {
        guard nodes.map.isCluster else { return [] }
        let view = try ClusterView(from: nodes.next(node: 0).pipeline)
        var known: [String: String] = [:]
        for (node, life) in zip(nodes.map.nodes, lives) { known[node.id] = life.text }
        return view.masters.map { master in
            let life = known[master.id]
            return StoreIdentity.Shard(
                master: master.id, replicas: master.replicas, hasSlots: life != nil, life: life ?? idle(master)?.life.text ?? ""
            )
        }
    }

    /// Who answers at a master to which no slot leads, and what it tells; nil where nobody does.
    private func idle(_ master: ClusterView.Master) -> (life: StoreIdentity.Node, view: ClusterView)? {
        guard let pipeline = try? Pipeline(master.address, timeoutMilliseconds: SlotMap.seedMillisecondsMax) else { return nil }
        pipeline.commands.command("INFO", argumentCount: 1)
        pipeline.commands.argument("everything")
        guard (try? pipeline.exchangeAll()) != nil else { return nil }
        let life = StoreIdentity.Node(infoFields(pipeline.replies.string(pipeline.replies.root(0))))
        guard let life, let view = try? ClusterView(from: pipeline) else { return nil }
        return (life, view)
    }
}
