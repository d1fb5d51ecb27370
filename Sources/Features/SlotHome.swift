/// Where in a Redis Cluster the slot of a marker was when the marker was written (DESIGN §6.6).
///
/// A node's history has a bucket's values before the marker that speaks of them, and a replica has a beginning of its master's history: what
/// either brings back is caught up from the marker. That ends where a slot moves: a node receives values and marker in any order, and one that
/// loses acknowledged writes may keep the marker and not the values. Then nothing but this tells that something is missing.
///
/// Nodes and their lives stand as 32-bit hashes: markers are many and written often.
package struct SlotHome: Sendable, Equatable {
    /// What is another with every start and every failover of a master.
    package struct Life: Sendable, Equatable {
        package var node: UInt32
        package var life: UInt32

        package init(node: UInt32, life: UInt32) {
            self.node = node
            self.life = life
        }
    }

    /// The nodes that have the slot's history, its master and the replicas; ascending.
    package var nodes: [UInt32]
    /// All masters, ascending by node.
    package var lives: [Life]

    package init(nodes: [UInt32], lives: [Life]) {
        self.nodes = nodes
        self.lives = lives
    }

    package func encode(into writer: inout StateWriter) {
        writer.count(nodes.count)
        for node in nodes { writer.fixed64(UInt64(node)) }
        writer.count(lives.count)
        for life in lives { writer.fixed64(UInt64(life.node) << 32 | UInt64(life.life)) }
    }

    package init(from reader: inout StateReader) throws(StateError) {
        nodes = []
        lives = []
        for _ in 0..<(try reader.count(minimumByteCount: 8)) { nodes.append(UInt32(truncatingIfNeeded: try reader.fixed64())) }
        for _ in 0..<(try reader.count(minimumByteCount: 8)) {
            let pair = try reader.fixed64()
            lives.append(Life(node: UInt32(pair >> 32), life: UInt32(truncatingIfNeeded: pair)))
        }
    }
}

/// Where a slot is now.
package struct SlotPlace: Sendable, Equatable {
    package var home: SlotHome
    package var master: UInt32
    /// Masters that serve no slot.
    package var idle: Set<UInt32>
    /// Where the slot is on its way, those that give and take it: some of its keys are on one, some on the other.
    package var partners: Set<UInt32>

    package init(home: SlotHome, master: UInt32, idle: Set<UInt32> = [], partners: Set<UInt32> = []) {
        self.home = home
        self.master = master
        self.idle = idle
        self.partners = partners
    }

    /// Nodes that a marker names at most, unless there are more now.
    private static let nodeCountMax = 8

    /// What a marker says that is written here after one that said `old`. Whoever had the slot's history then and is away may come back with a
    /// beginning of it, and be promoted before anybody has seen it.
    package func home(after old: SlotHome?) -> SlotHome {
        guard let old, old.nodes.contains(master) else { return home }
        let nodes = Set(home.nodes).union(old.nodes).sorted()
        return nodes.count > SlotPlace.nodeCountMax ? home : SlotHome(nodes: nodes, lives: home.lives)
    }

    /// False where values may have been lost that a marker written at `home` speaks of: the slot has moved since, and not every master that may
    /// have had it lives the life it lived then; or it is on its way, and that is so of those two. Nil: of a marker that does not tell, which is
    /// taken at its word.
    ///
    /// What went and came back, or went by way of a node that is gone, while nobody looked, is not seen.
    package func vouches(for home: SlotHome?) -> Bool {
        guard let home else { return true }
        func livesOn(_ node: UInt32) -> Bool {
            guard let now = self.home.lives.first(where: { $0.node == node }) else { return false }
            return home.lives.contains(now)
        }
        if !partners.allSatisfy(livesOn) { return false }
        if home.nodes.contains(master) { return true }
        return self.home.lives.allSatisfy { now in
            livesOn(now.node) || (idle.contains(now.node) && !home.lives.contains { $0.node == now.node })
        }
    }
}
