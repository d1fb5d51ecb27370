import FeatureStore
import Features
import Foundation
import TestSupport

/// The run's own Redis Cluster of three masters with a replica each.
///
/// One thing goes wrong at a time, and the next only once every master has a replica again that has all its history: two failures in the
/// same shard can lose everything that asynchronous replication has not carried over, whoever uses it (DESIGN §6.6).
actor ClusterProcesses: FeatureServers {
    private static let noticeTime = Duration.seconds(8)

    nonisolated let address: StoreAddress
    private let cluster: RedisCluster
    private var random: SplitMix64
    private var files: [AppendOnlyFile]

    init(seed: UInt64) async throws {
        // Loaded machines are slow to answer: a short timeout would promote replicas all the time.
        let cluster = try await onOwnThread { try RedisCluster(withReplicas: true, nodeTimeoutMilliseconds: 3000) }
        self.cluster = cluster
        address = try StoreAddress(cluster.url)
        random = SplitMix64(seed: seed)
        files = cluster.ports.indices.map { AppendOnlyFile(folder: cluster.folder(of: $0)) }
    }

    func start() async throws { try await becomeWhole() }

    func note() { for node in files.indices { files[node].note() } }

    func masters() async throws -> [[String]] {
        let cluster = cluster
        return try await onOwnThread { try cluster.masters().map { ["-p", "\(cluster.ports[$0])"] } }
    }

    /// The nodes end with the cluster.
    func stop() {}

    func disturb(_ kind: Disturbance) async throws -> Int {
        let masters = try await onOwnThread { [cluster] in try cluster.masters() }
        let master = masters[Int.random(in: 0..<masters.count, using: &random)]
        var forgotten = 0
        switch kind {
        case .redisKill: try await killAndRestart(master)
        case .redisRollback: forgotten = try await rollBack(master)
        case .connectionKill: _ = try await onOwnThread { [cluster] in try cluster.command(master, "CLIENT", "KILL", "TYPE", "normal") }
        case .promotion: forgotten = try await promote(replicaOf: master)
        case .slotMove: try await moveSlot()
        default: preconditionFailure("\(kind.rawValue) does not happen to Redis")
        }
        try await becomeWhole()
        return forgotten
    }

    private func becomeWhole() async throws {
        let isWhole = try await comesTrue(within: 120) { [cluster] in try await onOwnThread { cluster.isWhole() } }
        guard isWhole else { throw TortureError("the Redis Cluster does not become whole again") }
    }

    // MARK: What happens to it

    /// A master dies and comes back, at once or when its replica has taken its place.
    private func killAndRestart(_ master: Int) async throws {
        let isLate = Bool.random(using: &random)
        try await onOwnThread { [cluster] in
            let replica = try cluster.replica(of: master)
            cluster.kill(master)
            if isLate, let replica {
                _ = try eventually { try cluster.role(replica).isMaster }
            }
            try cluster.start(master)
        }
    }

    /// A master dies and comes back without up to two seconds of its past, before its replica may take its place.
    private func rollBack(_ master: Int) async throws -> Int {
        let replica = try await onOwnThread { [cluster] in
            let replica = try cluster.replica(of: master)
            if let replica { try cluster.setFailover(of: replica, isAllowed: false) }
            return replica
        }
        files[master].note()
        try await onOwnThread { [cluster] in cluster.kill(master) }
        let cut = try files[master].cut(&random)
        files[master].settle()
        try await onOwnThread { [cluster] in
            try cluster.start(master)
            if let replica { try cluster.setFailover(of: replica, isAllowed: true) }
        }
        return cut
    }

    /// A master dies whose replica has missed up to some seconds, and the replica takes its place: told to, or elected.
    private func promote(replicaOf master: Int) async throws -> Int {
        let lag = Double.random(in: 0.2...3, using: &random)
        let isTold = Bool.random(using: &random)
        guard let replica = try await onOwnThread({ [cluster] in try cluster.replica(of: master) }) else { return 0 }
        try await onOwnThread { [cluster] in try cluster.starveReplicas(of: master) }
        try await Task.sleep(for: .seconds(lag))
        return try await onOwnThread { [cluster] in
            let missed = try cluster.role(master).offset - cluster.role(replica).offset
            cluster.kill(master)
            if isTold { try cluster.takeOver(replica) }
            guard try eventually({ try cluster.role(replica).isMaster }) else { throw TortureError("no replica is promoted") }
            try cluster.start(master)
            return missed
        }
    }

    /// The slot of a bucket or of a partition's titles moves to another master, key by key.
    ///
    /// Where a master is replaced and a slot moves before a job has seen the first of them, values may be lost, and the job stops, as it should
    /// (`MovedSlotTests`). It looks every five seconds who the masters are, and may wait before it begins again.
    private func moveSlot() async throws {
        try await Task.sleep(for: ClusterProcesses.noticeTime)
        let place = Int.random(in: 0...StoredFeatures.keys.bucketsPerPartition, using: &random)
        let tag = "\(Int.random(in: 0..<RawLog.partitionCount, using: &random)).\(place == 0 ? "t" : "\(place - 1)")"
        let (roll, countMax) = (Int.random(in: 0..<2, using: &random), Int.random(in: 5...50, using: &random))
        let ends = try await onOwnThread { [cluster] in
            let slot = try cluster.slot(of: "{\(tag)}")
            let source = try cluster.owner(of: slot)
            let target = try cluster.masters().filter { $0 != source }[roll]
            try cluster.move(slot: slot, from: source, to: target, countMax: countMax)
            return [source, target]
        }
        try await becomeWhole()
        try await Task.sleep(for: ClusterProcesses.noticeTime)
        for node in ends { files[node].settle() }
    }
}
