/// What a benchmark found: the one form in which all of them are printed (`text`, `json`, `svg`).
package struct BenchReport: Sendable {
    /// A yardstick, and the figures that are held against it.
    package struct Yardstick: Sendable {
        package var figure: Figure
        /// Names of figures of the report.
        package var of: [String]

        package init(_ figure: Figure, of names: [String]) {
            self.figure = figure
            of = names
        }
    }

    package var bench: String
    /// What was measured, in words.
    package var setting: String
    package var figures: [Figure]
    package var yardsticks: [Yardstick]
    package var latencies: [Latency] = []
    package var aims: [Aim] = []
    /// What was found wrong; a report with faults shows no figure.
    package var faults: [String]
    /// What was checked, in words.
    package var checked: String
    /// Most memory that the process measured ever held, bytes.
    package var peakBytes: Int64
    /// An SVG picture of what was measured over time, in place of the bars.
    package var plot: String?
    package var machine: BenchMachine

    package init(
        bench: String, setting: String, figures: [Figure], yardsticks: [Yardstick], faults: [String], checked: String, peakBytes: Int64,
        machine: BenchMachine = .current()
    ) {
        self.bench = bench
        self.setting = setting
        self.figures = figures
        self.yardsticks = yardsticks
        self.faults = faults
        self.checked = checked
        self.peakBytes = peakBytes
        self.machine = machine
    }

    /// By figure, its median a CPU second over the yardstick's, measured in the same run.
    package func ratios(_ yardstick: Yardstick) -> [(name: String, ratio: Double)] {
        figures.filter { yardstick.of.contains($0.name) }.map {
            ($0.name, $0.perCPUSecond.median / max(yardstick.figure.perCPUSecond.median, 1e-9))
        }
    }
}

/// The middle and the ends of several measurements.
package struct Spread: Sendable, Equatable {
    /// The middle one; of an even number, the mean of the two in the middle; 0 of none.
    package var median: Double
    package var least: Double
    package var greatest: Double

    package init(_ values: [Double]) {
        let sorted = values.sorted()
        least = sorted.first ?? 0
        greatest = sorted.last ?? 0
        let middle = sorted.count / 2
        median = sorted.isEmpty ? 0 : sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
