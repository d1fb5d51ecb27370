extension BenchReport {
    /// How long something took, many times over.
    package struct Latency: Sendable {
        package var name: String
        /// Ascending.
        package private(set) var milliseconds: [Double]
        /// What it is held against: a shortest time that anything could take here.
        package var yardstick: (name: String, p50: Double, p99: Double)?

        package init(_ name: String, milliseconds: [Double], yardstick: (name: String, p50: Double, p99: Double)? = nil) {
            self.name = name
            self.milliseconds = milliseconds.sorted()
            self.yardstick = yardstick
        }

        package var p50: Double { quantile(0.5) }
        package var p99: Double { quantile(0.99) }
        package var greatest: Double { milliseconds.last ?? 0 }

        /// The smallest measurement that a share of all do not exceed (nearest rank); 0 of none.
        package func quantile(_ share: Double) -> Double {
            guard !milliseconds.isEmpty else { return 0 }
            let rank = Int((share * Double(milliseconds.count)).rounded(.up))
            return milliseconds[min(max(rank, 1), milliseconds.count) - 1]
        }
    }
}
