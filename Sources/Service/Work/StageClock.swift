import EventLog
import NIOConcurrencyHelpers
import Synchronization

/// CPU time of the jobs' threads by stage, in nanoseconds: a clock reading a batch and stage, nothing an event.
package final class StageClock: Sendable {
    /// What a job's thread does, in order.
    package enum Stage: Int, CaseIterable, Sendable { case poll, decode, load, apply, commit }

    private let poll = Synchronization.Atomic<Int64>(0)
    private let decode = Synchronization.Atomic<Int64>(0)
    private let load = Synchronization.Atomic<Int64>(0)
    private let apply = Synchronization.Atomic<Int64>(0)
    private let commit = Synchronization.Atomic<Int64>(0)

    private let changed = Synchronization.Atomic<Int>(0)
    private let users = Synchronization.Atomic<Int>(0)
    private let titles = Synchronization.Atomic<Int>(0)

    /// What commits have written so far: viewers' values, of so many viewers that had changed since the commit before, and titles' values.
    var written: (users: Int, changed: Int, titles: Int) {
        (users.load(ordering: .relaxed), changed.load(ordering: .relaxed), titles.load(ordering: .relaxed))
    }

    /// Wall milliseconds of the newest commits.
    private let commits = NIOLockedValueBox<[Double]>([])
    private static let commitCountMax = 10_000

    package init() {}

    /// Notes what a commit has written and how long it took; one without values, as idle jobs make them, is left out.
    func committed(_ values: (users: Int, titles: Int), ofChanged count: Int, in duration: Duration) {
        if values == (0, 0) { return }
        users.add(values.users, ordering: .relaxed)
        changed.add(count, ordering: .relaxed)
        titles.add(values.titles, ordering: .relaxed)
        commits.withLockedValue { commits in
            if commits.count == StageClock.commitCountMax { commits.removeFirst(StageClock.commitCountMax / 2) }
            commits.append(duration / .milliseconds(1))
        }
    }

    /// Quantile of what the newest commits took, milliseconds.
    package func commitMilliseconds(_ quantile: Double) -> Double {
        let sorted = commits.withLockedValue { $0.sorted() }
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(quantile * Double(sorted.count)))]
    }

    /// CPU seconds of all threads so far.
    package func seconds(_ stage: Stage) -> Double { Double(counter(stage) { $0.load(ordering: .relaxed) }) / 1e9 }

    /// Runs `body` and adds this thread's CPU time to the stage.
    func measure<R>(_ stage: Stage, _ body: () throws -> R) rethrows -> R {
        let start = threadCPUNanoseconds()
        defer {
            let spent = threadCPUNanoseconds() - start
            counter(stage) { _ = $0.add(spent, ordering: .relaxed) }
        }
        return try body()
    }

    private func counter<R>(_ stage: Stage, _ body: (borrowing Synchronization.Atomic<Int64>) -> R) -> R {
        switch stage {
        case .poll: body(poll)
        case .decode: body(decode)
        case .load: body(load)
        case .apply: body(apply)
        case .commit: body(commit)
        }
    }
}
