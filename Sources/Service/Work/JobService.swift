import EventLog
import Events
import FeatureStore
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Supervises one topic's job: runs it on a thread of its own, and starts it again with backoff when it ends by an error.
/// The other jobs do not notice.
final class JobService: Service {
    private static let backoffSeconds: [Double] = [0.05, 0.1, 0.25, 0.5, 1, 2]

    private let setup: JobSetup
    private let isStopping = Atomic<Bool>(false)
    private let isOver = Atomic<Bool>(false)

    init(_ setup: JobSetup) { self.setup = setup }

    /// Ends the job after a last commit; `hasEnded` tells when.
    func stop() { isStopping.store(true, ordering: .releasing) }

    var hasEnded: Bool { isOver.load(ordering: .acquiring) }

    func run() async {
        defer { isOver.store(true, ordering: .releasing) }
        await withTaskCancellationOrGracefulShutdownHandler {
            var failures = 0
            while !isStopping.load(ordering: .acquiring) {
                let started = ContinuousClock.now
                guard let error = await oneLife() else { return }
                if case let halt as JobHalt = error {
                    setup.logger.error(
                        "job stopped", metadata: ["topic": "\(setup.topic.name)", "namespace": "\(setup.namespace)", "reason": "\(halt)"])
                    setup.board.update(setup.namespace, setup.topic) { $0.state = .stopped(halt.description) }
                    break
                }
                // One that lasted is none of a row: on a cluster others fail, too, and it must see each of that (see `SlotHome`).
                failures = ContinuousClock.now - started > .seconds(2) ? 1 : failures + 1
                await pause(after: error, failures: failures)
            }
            // A stopped job stays in the group, or the group would end with it.
            while !isStopping.load(ordering: .acquiring) { try? await Task.sleep(for: .milliseconds(100)) }
        } onCancelOrGracefulShutdown: {
            self.stop()
        }
    }

    private func pause(after error: any Error, failures: Int) async {
        let seconds = JobService.backoffSeconds[min(failures, JobService.backoffSeconds.count) - 1]
        setup.logger.warning(
            "job ended, starting again",
            metadata: ["topic": "\(setup.topic.name)", "namespace": "\(setup.namespace)", "error": "\(error)", "in_seconds": "\(seconds)"])
        setup.board.update(setup.namespace, setup.topic) {
            $0.state = .waiting("\(error)")
            $0.restarts += 1
        }
        let until = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < until, !isStopping.load(ordering: .acquiring) { try? await Task.sleep(for: .milliseconds(25)) }
    }

    /// Answers the error that ended it, nil where it was asked to stop.
    private func oneLife() async -> (any Error)? {
        await withCheckedContinuation { continuation in
            let thread = Thread { [self] in
                nameThread("job \(setup.topic.name)")
                do {
                    try JobRun(setup).run { self.isStopping.load(ordering: .acquiring) }
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
    }
}
