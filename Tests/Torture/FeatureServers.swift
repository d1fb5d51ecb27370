import FeatureStore

/// Where a run's features are: one Redis, or a cluster.
protocol FeatureServers: Actor {
    nonisolated var address: StoreAddress { get }
    func start() async throws
    /// Carries a disturbance out, until everything is as it should be again; answers how many bytes were forgotten by it.
    func disturb(_ kind: Disturbance) async throws -> Int
    /// Takes note of how far files have come; called many times a second.
    func note()
    /// Arguments by which `redis-cli` reaches each master.
    func masters() async throws -> [[String]]
    func stop()
}
