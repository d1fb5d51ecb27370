/// Events a second over the time since it was last asked.
struct RateEstimate {
    private var count = 0
    private var since = ContinuousClock.now

    mutating func add(_ count: Int) { self.count += count }

    /// Nil while less than half a second has passed.
    mutating func take() -> Double? {
        let elapsed = (ContinuousClock.now - since) / .seconds(1)
        guard elapsed >= 0.5 else { return nil }
        defer {
            count = 0
            since = .now
        }
        return Double(count) / elapsed
    }
}
