import EventLog
import Events
import ServiceLifecycle

/// Tells how far behind the jobs are that cannot tell it themselves: those that wait for something, or hang in it. An alert on lag must go off in
/// the very outages that it is for.
struct LagWatch: Service {
    private static let interval = Duration.seconds(2)

    let log: any EventLog
    let board: JobBoard

    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: LagWatch.interval)) != nil {
                for (namespace, topic, status) in board.silent(for: LagWatch.interval) {
                    // Where the log is away, too, its readers say so.
                    guard let ranges = try? await log.ranges(topic) else { continue }
                    let lag = ranges.reduce(Int64(0)) { sum, range in
                        guard let next = status.next[range.partition] else { return sum }
                        return sum + range.count(from: next)
                    }
                    board.correct(lag, of: namespace, topic, notToldSince: status.reportedAt)
                }
            }
        }
    }
}
