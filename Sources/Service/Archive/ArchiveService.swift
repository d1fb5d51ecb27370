import EventLog
import Events
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// What an archive job works with.
struct ArchiveSetup: Sendable {
    let archive: Archive
    let topic: TopicDescription
    /// The log itself, without the archive behind it.
    let log: any EventLog
    /// True for Kafka, which uses up offsets for its own purposes, and for a restored log, which leaps over those that were lost.
    let hasOffsetGaps: Bool
    let residues: ArchiveResidues
    let metrics: Metrics
    let logger: Logger

    /// Counts what the job has taken from the log.
    var archivedRecords: Metrics.Counter {
        metrics.counter(
            "recs_archived_records_total", help: "Records that the archive job has taken.", labels: [("topic", topic.topic.name)])
    }
}

/// Supervises one topic's archive job: runs it on a thread of its own, and starts it again after a pause when it ends by an error (a full
/// disk, a registry out of reach, another process that archives the topic). It goes on where the manifest ends.
final class ArchiveService: Service {
    private static let pauseSeconds = 5.0

    private let setup: ArchiveSetup
    private let isStopping = Atomic<Bool>(false)

    init(_ setup: ArchiveSetup) { self.setup = setup }

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            var told = ""
            while !isStopping.load(ordering: .acquiring) {
                guard let error = await oneLife() else { break }
                // The same reason is told once: a second process waits here for as long as the first one archives.
                if told != "\(error)" {
                    setup.logger.warning("archive job waits", metadata: ["topic": "\(setup.topic.topic.name)", "reason": "\(error)"])
                    told = "\(error)"
                }
                let until = ContinuousClock.now + .seconds(ArchiveService.pauseSeconds)
                while ContinuousClock.now < until, !isStopping.load(ordering: .acquiring) { try? await Task.sleep(for: .milliseconds(50)) }
            }
        } onCancelOrGracefulShutdown: {
            self.isStopping.store(true, ordering: .releasing)
        }
    }

    /// Answers the error that ended it, nil where it was asked to stop.
    private func oneLife() async -> LogError? {
        await withCheckedContinuation { continuation in
            let thread = Thread { [self] in
                nameThread("archive \(setup.topic.topic.name)")
                // A file is compressed at a stretch, a few tenths of a second each time, while viewers wait for pages and jobs for their turn.
                lowerThreadPriority()
                do throws(LogError) {
                    let run = try ArchiveRun(setup)
                    try run.run { self.isStopping.load(ordering: .acquiring) }
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
