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
        guard let figure = figures.first(where: { $0.name == name }) else { return }
        aims.append(Aim(of: name, "\(figure.unit) a CPU second", figure.perCPUSecond.median, .atLeast(least)))
    }

    /// Adds an aim for a figure's share of a yardstick.
    mutating func aim(atLeast least: Double, of name: String, over yardstick: String) {
        for (of, ratio) in yardsticks.filter({ $0.figure.name == yardstick }).flatMap(ratios) where of == name {
            aims.append(Aim(of: name, "share of \(yardstick)", ratio, .atLeast(least)))
        }
    }

    /// Adds an aim for a figure's detail, in the median.
    mutating func aim(atMost most: Double, of detail: String, in name: String) {
        for value in figures.filter({ $0.name == name }).flatMap(\.details).filter({ $0.name == detail }).map(\.value) {
            aims.append(Aim(of: name, detail, value, .atMost(most)))
        }
    }

    /// Adds an aim for a latency's p99, in the median.
    mutating func aim(atMost most: Double, p99Of name: String) {
        for latency in latencies where latency.name == name { aims.append(Aim(of: name, "p99 ms", latency.p99.median, .atMost(most))) }
    }
}
