/// Where in a Redis Cluster the slot of a marker was when the marker was written (DESIGN §6.6).
///
/// A node's history has a bucket's values before the marker that speaks of them, and a replica has a beginning of its master's history: what
/// either brings back is caught up from the marker. That ends where a slot moves: a node receives values and marker in any order, and one that
/// loses acknowledged writes may keep the marker and not the values. Then nothing but this tells that something is missing.
package struct SlotHome: Sendable, Equatable {
    /// The nodes that have the slot's history: its master and the replicas, the first 64 bits of their names, ascending.
    package var nodes: [UInt64]
    /// A hash of all masters with what is new at every start and every failover of each.
    package var lives: UInt64

    package init(nodes: [UInt64], lives: UInt64) {
        self.nodes = nodes
        self.lives = lives
    }
}

/// Where a slot is now.
package struct SlotPlace: Sendable, Equatable {
    package var home: SlotHome
    package var master: UInt64
    /// True where the slot is on its way: some of its keys are on another node.
    package var isMoving: Bool

    package init(home: SlotHome, master: UInt64, isMoving: Bool) {
        self.home = home
        self.master = master
        self.isMoving = isMoving
    }

    /// False where values may have been lost that a marker written at `home` speaks of: the slot has moved since, or moves, and some master has
    /// begun another life. Nil: of a marker that does not tell, which is taken at its word.
    package func vouches(for home: SlotHome?) -> Bool {
        guard let home else { return true }
        return home.lives == self.home.lives || (!isMoving && home.nodes.contains(master))
    }
}
