/// How long the parts of a run took, each from the end of the one before.
struct Phases: Sendable {
    private(set) var seconds: [(name: String, seconds: Double)] = []
    private var began = ContinuousClock.now

    /// Ends the part under way, which gets its name now.
    mutating func end(_ name: String) {
        seconds.append((name, (ContinuousClock.now - began) / .seconds(1)))
        began = .now
    }

    /// Takes over parts that somebody else has measured until now.
    mutating func append(_ others: Phases) {
        seconds += others.seconds
        began = .now
    }
}
