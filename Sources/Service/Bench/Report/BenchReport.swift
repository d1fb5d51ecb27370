/// What a benchmark found: the one form in which all of them are printed (`text`, `json`, `svg`).
package struct BenchReport: Sendable {
    /// CPU seconds of a part: a process beside ours, or a stage of our own work.
    package struct Share: Sendable, Equatable {
        package var name: String
        package var cpuSeconds: Double

        package init(_ name: String, _ cpuSeconds: Double) {
            self.name = name
            self.cpuSeconds = cpuSeconds
        }
    }

    /// One run of one measurement.
    package struct Run: Sendable {
        /// Wall clock.
        package var seconds: Double
        /// CPU seconds of the process under measurement.
        package var cpuSeconds: Double
        /// CPU seconds of other processes meanwhile: Redis, broker, load generator.
        package var others: [Share] = []
        /// Our CPU seconds by stage.
        package var stages: [Share] = []

        package init(seconds: Double, cpuSeconds: Double, others: [Share] = [], stages: [Share] = []) {
            self.seconds = seconds
            self.cpuSeconds = cpuSeconds
            self.others = others
            self.stages = stages
        }
    }

    /// A measurement, made several times: so many of something by each run.
    package struct Figure: Sendable {
        package var name: String
        /// What is counted: events, requests.
        package var unit: String
        /// How many each run did.
        package var count: Int
        package var runs: [Run]
        /// What was measured besides, as named numbers (bytes an event, p99).
        package var details: [(name: String, value: Double)] = []

        package init(_ name: String, unit: String, count: Int, runs: [Run], details: [(name: String, value: Double)] = []) {
            self.name = name
            self.unit = unit
            self.count = count
            self.runs = runs
            self.details = details
        }

        /// Units a CPU second of the process measured.
        package var perCPUSecond: Spread { Spread(runs.map { Double(count) / max($0.cpuSeconds, 1e-9) }) }
        /// Units a second of wall clock.
        package var perSecond: Spread { Spread(runs.map { Double(count) / max($0.seconds, 1e-9) }) }
        package var cpuSeconds: Double { Spread(runs.map(\.cpuSeconds)).median }
        package var seconds: Double { Spread(runs.map(\.seconds)).median }
        /// Medians of the other processes' CPU seconds, by name.
        package var others: [Share] { BenchReport.medians(runs.map(\.others)) }
        /// Medians of the stages' CPU seconds, by name.
        package var stages: [Share] { BenchReport.medians(runs.map(\.stages)) }
    }

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
    /// What was found wrong; a report with faults shows no figure.
    package var faults: [String]
    /// What was checked, in words.
    package var checked: String
    /// Most memory that the process measured ever held, bytes.
    package var peakBytes: Int64
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

    private static func medians(_ runs: [[Share]]) -> [Share] {
        guard let first = runs.first else { return [] }
        return first.map { share in
            Share(share.name, Spread(runs.map { $0.first { $0.name == share.name }?.cpuSeconds ?? 0 }).median)
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
