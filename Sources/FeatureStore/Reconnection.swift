/// Connections that are made when they are needed and, after a failure, made again no sooner than their backoff allows. Owned by one thread.
struct Reconnection {
    private static let waitMilliseconds = (first: 50, last: 2000)
    /// A cluster that changes is not asked for its map more often.
    private static let mapKeptMilliseconds = 50

    let address: StoreAddress
    let timeoutMilliseconds: Int
    private var nodes: StoreNodes?
    private var waitMilliseconds = Reconnection.waitMilliseconds.first
    private var notBefore = ContinuousClock.now
    private var lastFailure: StoreError?

    init(_ address: StoreAddress, timeoutMilliseconds: Int) {
        self.address = address
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// True where connections are open as far as we know.
    var isOpen: Bool { nodes.map { !$0.isBroken } ?? false }

    /// The open connections, or new ones. Throws at once while the backoff lasts.
    mutating func open() throws(StoreError) -> StoreNodes {
        if let nodes, !nodes.isBroken { return nodes }
        if let lastFailure, ContinuousClock.now < notBefore { throw lastFailure }
        do {
            let made = try StoreNodes(address, timeoutMilliseconds: timeoutMilliseconds, replacing: nodes)
            nodes = made
            lastFailure = nil
            waitMilliseconds = Reconnection.waitMilliseconds.first
            notBefore = ContinuousClock.now + .milliseconds(Reconnection.mapKeptMilliseconds)
            return made
        } catch {
            lastFailure = error
            notBefore = ContinuousClock.now + .milliseconds(waitMilliseconds)
            waitMilliseconds = min(waitMilliseconds * 2, Reconnection.waitMilliseconds.last)
            throw error
        }
    }

    /// As `open`, for whoever can use a cluster of which a part is away: answers connections of which some are broken while a new map is
    /// not to be had.
    mutating func openAny() throws(StoreError) -> StoreNodes {
        guard let nodes, nodes.map.isCluster else { return try open() }
        if nodes.isBroken && ContinuousClock.now >= notBefore, let made = try? open() { return made }
        return nodes
    }

    /// When the next attempt is due.
    var millisecondsToWait: Int {
        let rest = (notBefore - ContinuousClock.now).components
        return max(0, Int(rest.seconds) * 1000 + Int(rest.attoseconds / 1_000_000_000_000_000))
    }
}
