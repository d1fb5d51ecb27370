extension BenchReport {
    /// CPU seconds of a part: a process beside ours, or a stage of our own work.
    package struct Share: Sendable, Equatable {
        package var name: String
        package var cpuSeconds: Double

        package init(_ name: String, _ cpuSeconds: Double) {
            self.name = name
            self.cpuSeconds = cpuSeconds
        }
    }

    /// CPU seconds of jobs, by stage.
    static func shares(_ stages: StageClock) -> [Share] { StageClock.Stage.allCases.map { Share("\($0)", stages.seconds($0)) } }

    /// How long a step took that each run makes many times, milliseconds.
    package struct StepTimes: Sendable, Equatable {
        /// What was timed: commit, request.
        package var step: String
        package var p50: Double
        package var p99: Double

        package init(_ step: String, p50: Double, p99: Double) {
            self.step = step
            self.p50 = p50
            self.p99 = p99
        }

        /// The same of single measurements.
        init(_ step: String, milliseconds: [Double]) {
            let latency = Latency(step, runs: [milliseconds])
            self.init(step, p50: latency.p50.median, p99: latency.p99.median)
        }
    }

    /// One run of one measurement.
    package struct Run: Sendable {
        /// How many units it did.
        package var count: Int
        /// Wall clock.
        package var seconds: Double
        /// CPU seconds of the process under measurement.
        package var cpuSeconds: Double
        /// CPU seconds of other processes meanwhile: Redis, broker, load generator.
        package var others: [Share] = []
        /// Our CPU seconds by stage.
        package var stages: [Share] = []
        /// Nil where no single step was timed.
        package var times: StepTimes?
        /// What was measured besides, as named numbers (bytes an event).
        package var details: [(name: String, value: Double)] = []

        package init(count: Int, seconds: Double, cpuSeconds: Double, others: [Share] = [], stages: [Share] = []) {
            self.count = count
            self.seconds = seconds
            self.cpuSeconds = cpuSeconds
            self.others = others
            self.stages = stages
        }
    }

    /// A measurement, made several times: so many of something by each run. All that it tells are medians over the runs.
    package struct Figure: Sendable {
        package var name: String
        /// What is counted: events, requests.
        package var unit: String
        package var runs: [Run]

        package init(_ name: String, unit: String, runs: [Run]) {
            self.name = name
            self.unit = unit
            self.runs = runs
        }

        /// How many units a run did.
        package var count: Int { Int(Spread(runs.map { Double($0.count) }).median) }
        /// Units a CPU second of the process measured.
        package var perCPUSecond: Spread { Spread(runs.map { Double($0.count) / max($0.cpuSeconds, 1e-9) }) }
        /// Units a second of wall clock.
        package var perSecond: Spread { Spread(runs.map { Double($0.count) / max($0.seconds, 1e-9) }) }
        package var cpuSeconds: Double { Spread(runs.map(\.cpuSeconds)).median }
        package var seconds: Double { Spread(runs.map(\.seconds)).median }
        /// The other processes' CPU seconds, by name.
        package var others: [Share] { shares(\.others) }
        /// The stages' CPU seconds, by name.
        package var stages: [Share] { shares(\.stages) }
        /// Nil where no single step was timed.
        package var times: StepTimes? {
            let times = runs.compactMap(\.times)
            return times.first.map { StepTimes($0.step, p50: Spread(times.map(\.p50)).median, p99: Spread(times.map(\.p99)).median) }
        }
        package var details: [(name: String, value: Double)] { Figure.medians(runs.map(\.details)) }

        private func shares(_ part: KeyPath<Run, [Share]>) -> [Share] {
            Figure.medians(runs.map { $0[keyPath: part].map { ($0.name, $0.cpuSeconds) } }).map { Share($0.name, $0.value) }
        }

        /// By name, in the order in which the names first come; a run that has not the name counts as 0.
        private static func medians(_ runs: [[(name: String, value: Double)]]) -> [(name: String, value: Double)] {
            var names: [String] = []
            for (name, _) in runs.joined() where !names.contains(name) { names.append(name) }
            return names.map { name in
                (name, Spread(runs.map { run in run.first { $0.name == name }?.value ?? 0 }).median)
            }
        }
    }
}
