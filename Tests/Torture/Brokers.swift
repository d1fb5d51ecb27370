/// What a run's events go through where that is no embedded log.
protocol Brokers: Actor {
    nonisolated var bootstrap: String { get }
    func start() async throws
    /// Carries a disturbance out. Nothing is on its way to a broker that is restarted.
    func disturb(_ kind: Disturbance) async throws
    /// True where dead members of groups are in the way of the others until the broker is restarted. `isSure`: some have died since it was.
    func keepsTheDead(isSure: Bool) -> Bool
    func stop() async throws
}
