import EventLog
import Events
import Jobs

/// `recs bench operators`: decode → operators on one thread, without log and store: the core job, and the jobs of all topics in the steady
/// state, with their commits; then home pages from what the jobs leave, from a viewer's values to JSON, without Redis and HTTP. Where
/// `Scripts/allocations.c` is preloaded it tells heap allocations, too.
package struct OperatorBench: Sendable {
    /// What can be measured by itself.
    package enum Part: String, CaseIterable, Sendable { case core, jobs, pages }

    package var parts = Part.allCases
    /// Events that are measured.
    package var eventCount = 100_000
    /// Events before them, after which caches are warm and tables have grown.
    package var warmUpCount = 100_000
    package var userCount = 1000
    /// Titles of the catalogue that pages are of.
    package var titleCount = 10_000
    package var runCount = 5
    package var seed: UInt64 = 1
    package init() {}

    private static let recordCountMax = 4096
    /// Events that count as much as a page: so many fewer pages are made.
    private static let eventsPerPage = 50

    /// Makes the events once and measures every run on fresh state.
    package func run(progress: (String) -> Void) throws -> BenchReport {
        var figures: [BenchReport.Figure] = []
        var faults: [String] = []
        for part in parts {
            progress("making the events of \(part.rawValue)")
            let makeRun =
                switch part {
                case .core: try core()
                case .jobs: try jobs()
                case .pages: try pages()
                }
            var runs: [BenchReport.Run] = []
            for number in 1...runCount {
                progress("\(part.rawValue), run \(number) of \(runCount)")
                let outcome = try makeRun()
                runs.append(outcome.run)
                faults += outcome.faults
            }
            figures.append(.init(part.rawValue, unit: part == .pages ? "pages" : "events", runs: runs))
        }
        return BenchReport(
            bench: "operators",
            setting: "\(eventCount) events after \(warmUpCount), a page for \(Self.eventsPerPage) of them, "
                + "\(userCount) viewers, one partition a topic, seed \(seed)",
            figures: figures, yardsticks: [], faults: Array(faults.prefix(8)),
            checked: "every event counted once, bots and repeats as the generators sent them; pages have rows and no title twice",
            peakBytes: ProcessTimes.peakByteCount)
    }

    private typealias Outcome = (run: BenchReport.Run, faults: [String])

    /// The core job of `recs bench core` without Kafka and without its file.
    private func core() throws -> () throws -> Outcome {
        var settings = CoreBench()
        settings.eventCount = warmUpCount + eventCount
        settings.seed = seed
        let bench = settings
        let schemas = try Resources().schemas()
        let catalog = CoreStream.catalog(bench)
        var made = CoreStream(bench)
        var polls: [RecordBatch] = []
        while case let sent = made.next(Self.recordCountMax), !sent.records.isEmpty { polls.append(RecordBatch(sent)) }
        let (stream, batches) = (made, polls)
        return {
            var job = CoreJob(bench, schemas: schemas, catalog: catalog)
            let run = measured(batches.map(\.records.count), after: warmUpCount, stages: { job.stageShares }, { job.take(batches[$0]) })
            let counts = job.counts
            let lost = counts.unknown + job.undecodableCount
            let outcome = CoreRound.Outcome(run: run, filtered: counts.filtered, repeats: counts.repeats, lost: lost)
            return (run, outcome.faults(expecting: stream, of: bench))
        }
    }

    private func jobs() throws -> () throws -> Outcome {
        let stream = try OperatorStream(eventCount: warmUpCount + eventCount, userCount: userCount, seed: seed)
        return {
            var jobs = OperatorJobs(stream)
            let run = try measured(
                stream.polls.map(\.records.records.count), after: warmUpCount, stages: { jobs.stages }, { try jobs.take(stream.polls[$0]) })
            return (run, jobs.faults(expecting: stream.truth))
        }
    }

    /// Of all viewers in turn; each run makes the same pages.
    private func pages() throws -> () throws -> Outcome {
        let stream = try OperatorStream(
            eventCount: warmUpCount + eventCount, userCount: userCount, seed: seed, titleCount: titleCount)
        var pages = try OperatorPages(stream)
        let pollCount = 20
        let (warmUp, count) = (max(warmUpCount / Self.eventsPerPage, 1), max(eventCount / Self.eventsPerPage, 1))
        return {
            let starts = Array(stride(from: 0, to: warmUp, by: pollCount)) + Array(stride(from: warmUp, to: warmUp + count, by: pollCount))
            let ends = starts.dropFirst() + [warmUp + count]
            let polls = zip(starts, ends).map { $0..<$1 }
            let run = try measured(
                polls.map(\.count), after: warmUp, unit: "page", stages: { pages.stages }, { try pages.make(polls[$0]) })
            return (run, try pages.faults())
        }
    }

    /// Has `take` take in the polls, of which `counts` tells the sizes, and measures those after the warm-up, in which it takes in so many units; `stages` tells the time so far.
    private func measured(
        _ counts: [Int], after warmUpCount: Int, unit: String = "event", stages: () -> [BenchReport.Share], _ take: (Int) throws -> Void
    ) rethrows -> BenchReport.Run {
        var first = 0
        var warmUp = 0
        while first < counts.count - 1, warmUp < warmUpCount {
            try take(first)
            warmUp += counts[first]
            first += 1
        }
        let before = stages()
        let heap = HeapCounter.current
        let started = ContinuousClock.now
        let cpu = threadCPUNanoseconds()
        for index in first..<counts.count { try take(index) }
        let spent = threadCPUNanoseconds() - cpu
        let heapAfter = HeapCounter.current
        let count = counts[first...].reduce(0, +)
        var run = BenchReport.Run(count: count, seconds: (ContinuousClock.now - started) / .seconds(1), cpuSeconds: Double(spent) / 1e9)
        run.stages = zip(stages(), before).map { .init($0.name, $0.cpuSeconds - $1.cpuSeconds) }.filter { $0.cpuSeconds > 0 }
        if let heap, let heapAfter { run.details = heapAfter.details(since: heap, count: count, of: unit) }
        return run
    }
}

extension RecordBatch {
    /// What was sent, as a poll of its partition brings it.
    fileprivate init(_ sent: AppendBatch) {
        self.init()
        bytes = sent.bytes
        records = sent.records.enumerated().map {
            Record(partition: 0, offset: Int64($0), timestamp: 0, key: $1.key, value: $1.value)
        }
    }
}
