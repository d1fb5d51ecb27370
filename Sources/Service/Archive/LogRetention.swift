import EventLog
import Events
import Logging
import ServiceLifecycle

/// Forgets on the embedded log what is older than the retention and stands in the archive, so that the log's size is bounded and what an
/// archive's compaction erased does not live on there. Dead letters, which nobody archives, go by their age alone.
///
/// Jobs and replays that are further behind read from the archive. A configuration without one has no retention.
struct LogRetention: Service {
    private static let interval = Duration.seconds(3600)

    let log: EmbeddedLog
    let archive: Archive
    let days: Int
    let logger: Logger

    /// Once an hour, beginning at once.
    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for topic in Topic.allCases { await trimOrTell(topic) }
                try? await Task.sleep(for: LogRetention.interval)
            }
        }
    }

    private func trimOrTell(_ topic: Topic) async {
        do throws(LogError) {
            if try await !trim(topic, now: wallClockMilliseconds()) {
                logger.notice(
                    "the log keeps more than its retention: the archive has not taken all of it yet", metadata: ["topic": "\(topic.name)"])
            }
        } catch {
            logger.warning("the log could not be trimmed", metadata: ["topic": "\(topic.name)", "error": "\(error)"])
        }
    }

    /// Trims one topic; false where something older than the retention must stay, in some partition, because it is not archived.
    func trim(_ topic: Topic, now: Int64) async throws(LogError) -> Bool {
        let time = now - Int64(days) * 86_400_000
        var lagging: Set<Int32> = []
        if topic.hasJob {
            let archived = try ArchiveReader(archive, topic: topic).ranges()
            let kept = try await log.offsets(topic, atOrAfter: time)
            for range in try await log.ranges(topic) {
                guard let first = kept[range.partition], first > range.start else { continue }
                let end = archived.first { $0.partition == range.partition }?.end ?? 0
                if end < first { lagging.insert(range.partition) }
            }
        }
        try await log.trim(topic, before: time, except: lagging)
        return lagging.isEmpty
    }
}
