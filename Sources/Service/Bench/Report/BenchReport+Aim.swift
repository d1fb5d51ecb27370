extension BenchReport {
    /// What a measured value is to come to. Missing it makes no result wrong: it is told beside the figure.
    package struct Aim: Sendable, Equatable {
        package enum Bound: Sendable, Equatable { case atLeast(Double), atMost(Double) }

        /// The figure or latency that it is of; empty: of all together.
        package var of: String
        package var what: String
        package var value: Double
        package var bound: Bound

        package init(of name: String, _ what: String, _ value: Double, _ bound: Bound) {
            of = name
            self.what = what
            self.value = value
            self.bound = bound
        }

        package var isReached: Bool {
            switch bound {
            case .atLeast(let least): value >= least
            case .atMost(let most): value <= most
            }
        }
    }

    /// Adds an aim for what a figure does in a CPU second, in the median.
    mutating func aim(atLeast least: Double, of name: String) {
        let found = figures.first { $0.name == name }
        add(found.map { Aim(of: name, "\($0.unit) a CPU second", $0.perCPUSecond.median, .atLeast(least)) }, name)
    }

    /// Adds an aim for a figure's share of a yardstick.
    mutating func aim(atLeast least: Double, of name: String, over yardstick: String) {
        let found = yardsticks.filter { $0.figure.name == yardstick }.flatMap(ratios).first { $0.name == name }
        add(found.map { Aim(of: name, "share of \(yardstick)", $0.ratio, .atLeast(least)) }, "\(name) over \(yardstick)")
    }

    /// Adds an aim for a detail of a figure or yardstick, in the median.
    mutating func aim(atMost most: Double, of detail: String, in name: String) {
        let found = (yardsticks.map(\.figure) + figures).filter { $0.name == name }.flatMap(\.details).first { $0.name == detail }
        add(found.map { Aim(of: name, detail, $0.value, .atMost(most)) }, "\(detail) of \(name)")
    }

    /// Adds an aim for a latency's p99, in the median.
    mutating func aim(atMost most: Double, p99Of name: String) {
        let found = latencies.first { $0.name == name }
        add(found.map { Aim(of: name, "p99 ms", $0.p99.median, .atMost(most)) }, "p99 of \(name)")
    }

    /// A figure that is to be held against an aim and was not measured, or goes by another name, is a fault: no aim goes missing unseen.
    private mutating func add(_ aim: Aim?, _ what: String) {
        if let aim { aims.append(aim) } else { faults.append("not measured, though there is an aim for it: \(what)") }
    }
}
