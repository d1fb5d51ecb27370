/// What nodes are at the moment, and what makes a replica lag.
extension RedisCluster {
    /// A node's own view of its place, from `INFO replication`.
    package struct Role: Sendable {
        /// True where it takes writes, for all that it knows.
        package let isMaster: Bool
        /// How far the node's copy of its master's history goes, or its own.
        package let offset: Int
        /// Replicas of a master.
        package let followerCount: Int
        /// The master of a replica.
        let leaderPort: Int?
        /// True for a replica that follows.
        package let isLinked: Bool

        init(_ information: String) {
            var fields: [Substring: Substring] = [:]
            for line in information.split(whereSeparator: \.isNewline) {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { fields[parts[0]] = parts[1] }
            }
            isMaster = fields["role"] == "master"
            offset = fields["master_repl_offset"].flatMap { Int($0) } ?? 0
            followerCount = fields["connected_slaves"].flatMap { Int($0) } ?? 0
            leaderPort = fields["master_port"].flatMap { Int($0) }
            isLinked = fields["master_link_status"] == "up"
        }
    }

    /// What a node says of itself now.
    package func role(_ node: Int) throws -> Role { Role(try command(node, "INFO", "replication")) }

    /// The nodes that are masters in their own eyes.
    package func masters() throws -> [Int] { try ports.indices.filter { try role($0).isMaster } }

    /// A replica that follows the node.
    package func replica(of master: Int) throws -> Int? {
        try ports.indices.first { node in
            let role = try role(node)
            return !role.isMaster && role.isLinked && role.leaderPort == ports[master]
        }
    }

    /// True where the cluster works, every master has its replica, and each replica has all that its master had when it was asked.
    package func isWhole() -> Bool {
        guard isWorking, let roles = try? ports.indices.map({ try role($0) }) else { return false }
        let masters = roles.indices.filter { roles[$0].isMaster }
        guard masters.count == masterCount, masters.allSatisfy({ roles[$0].followerCount > 0 }) else { return false }
        let offsets = Dictionary(uniqueKeysWithValues: masters.map { (ports[$0], roles[$0].offset) })
        return ports.indices.allSatisfy { node in
            guard let leader = roles[node].leaderPort, !roles[node].isMaster else { return roles[node].isMaster }
            guard roles[node].isLinked, let offset = offsets[leader] else { return false }
            return eventually(within: 5) { ((try? role(node).offset) ?? 0) >= offset }
        }
    }

    /// From now on the node's replicas get nothing more of its history: they are sent away and not let in again until it starts anew.
    package func starveReplicas(of master: Int) throws {
        try command(master, "ACL", "SETUSER", "default", "-psync", "-sync")
        try command(master, "CLIENT", "KILL", "TYPE", "replica")
    }

    /// Whether a replica may take its master's place when that is gone.
    package func setFailover(of replica: Int, isAllowed: Bool) throws {
        try command(replica, "CONFIG", "SET", "cluster-replica-no-failover", isAllowed ? "no" : "yes")
    }
}
