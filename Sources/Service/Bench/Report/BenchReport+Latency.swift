extension BenchReport {
    /// How long something took, many times over in each of several runs; quantiles are told by the median of the runs.
    package struct Latency: Sendable {
        package var name: String
        /// Milliseconds of each run, ascending.
        package private(set) var runs: [[Double]]
        /// What it is held against: a shortest time that anything could take here.
        package var yardstick: (name: String, p50: Double, p99: Double)?

        package init(_ name: String, runs: [[Double]], yardstick: (name: String, p50: Double, p99: Double)? = nil) {
            self.name = name
            self.runs = runs.map { $0.sorted() }
            self.yardstick = yardstick
        }

        /// Measurements of all runs.
        package var count: Int { runs.reduce(0) { $0 + $1.count } }
        package var p50: Spread { quantile(0.5) }
        package var p99: Spread { quantile(0.99) }
        package var greatest: Double { runs.compactMap(\.last).max() ?? 0 }

        /// Over the runs, the smallest measurement that a share of a run's do not exceed (nearest rank; 0 of none).
        package func quantile(_ share: Double) -> Spread {
            Spread(
                runs.map { milliseconds in
                    guard !milliseconds.isEmpty else { return 0 }
                    let rank = Int((share * Double(milliseconds.count)).rounded(.up))
                    return milliseconds[min(max(rank, 1), milliseconds.count) - 1]
                })
        }
    }
}
