import EventLog
import Events
import Foundation

/// `recs bench capture`: `POST /v1/events` in batches and one by one, to the embedded log and to Kafka, beside a plain Hummingbird answering an
/// empty 202. Servers and broker are processes of their own, the load comes from this one.
package struct CaptureBench: Sendable {
    /// Events of a run that are posted in batches.
    package var batchedEventCount = 250_000
    package var batchSize = 500
    /// Requests of a run with one event each.
    package var singleRequestCount = 15_000
    package var runCount = 5
    /// Of servers that post; devices that post for themselves come over `crowdFactor` times as many.
    package var connectionCount = 64
    package var userCount = 50_000
    package var seed: UInt64 = 1
    package var logs: [Log] = Log.allCases
    package init() {}

    /// Where the events go.
    package enum Log: String, CaseIterable, Sendable { case embedded, kafka }

    /// The mock cluster keeps 5 MB of a partition: so many hold what the runs send.
    private static let kafkaPartitionCount = 32
    private static let embeddedPartitionCount = 4
    private static let warmUpCount = 2_000
    private static let crowdFactor = 4

    package func run(progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        let bare = try ServerChild(["bench", "fixed"])
        defer { bare.stop() }
        var traffic = CaptureTraffic(self)
        var figures: [BenchReport.Figure] = []
        var faults: [String] = []
        var yardsticks: [String: BenchReport.Figure] = [:]
        for log in logs {
            let broker = log == .kafka ? try BrokerChild(partitionCount: Self.kafkaPartitionCount) : nil
            let target = try CaptureTarget(
                log, broker: broker, partitionCount: broker == nil ? Self.embeddedPartitionCount : Self.kafkaPartitionCount)
            defer { target.remove() }
            let sides = [
                CaptureSide(name: "", server: bare, broker: nil, redis: nil),
                CaptureSide(name: log.rawValue, server: target.server, broker: broker?.pid, redis: target.server.childPID),
            ]
            traffic.forget()
            for number in 0...runCount {
                for shape in CaptureShape.allCases {
                    let bodies = traffic.bodies(shape, eventCount: number == 0 ? Self.warmUpCount : nil)
                    for side in sides {
                        progress(
                            "\(log.rawValue), \(shape.rawValue), run \(number) of \(runCount)\(side.name.isEmpty ? ", yardstick" : "")")
                        let run = try await side.measure(bodies, connectionCount: connectionCount(shape))
                        if number == 0 { continue }
                        let figure = BenchReport.Figure(side.figureName(shape), unit: "events", runs: [run])
                        if side.name.isEmpty {
                            merge(figure, into: &yardsticks[figure.name])
                        } else {
                            merge(figure, into: &figures)
                        }
                    }
                }
            }
            target.server.stop()
            progress("checking the \(log.rawValue) log")
            faults += try await target.faults(expecting: traffic.postedIDs)
        }
        return report(figures, yardsticks, faults)
    }

    private func connectionCount(_ shape: CaptureShape) -> Int {
        shape == .crowd ? connectionCount * Self.crowdFactor : connectionCount
    }

    private func merge(_ figure: BenchReport.Figure, into figures: inout [BenchReport.Figure]) {
        if let index = figures.firstIndex(where: { $0.name == figure.name }) {
            figures[index].runs += figure.runs
        } else {
            figures.append(figure)
        }
    }

    private func merge(_ figure: BenchReport.Figure, into held: inout BenchReport.Figure?) {
        var merged = held ?? figure
        if held != nil { merged.runs += figure.runs }
        held = merged
    }

    private func report(_ figures: [BenchReport.Figure], _ yardsticks: [String: BenchReport.Figure], _ faults: [String]) -> BenchReport {
        let yardsticks = CaptureShape.allCases.compactMap { shape in
            yardsticks["empty 202, \(shape.rawValue)"].map { figure in
                BenchReport.Yardstick(figure, of: logs.map { "\($0.rawValue), \(shape.rawValue)" })
            }
        }
        var report = BenchReport(
            bench: "capture",
            setting:
                """
                a run: \(batchedEventCount) events in NDJSON batches of \(batchSize), \(singleRequestCount) single posts over \(connectionCount) \
                connections, as many over \(connectionCount(.crowd))
                """,
            figures: figures, yardsticks: yardsticks, faults: Array(faults.prefix(8)),
            checked: "every event that was answered with 202 stands on the log once, and nothing else",
            peakBytes: ProcessTimes.peakByteCount)
        for log in logs {
            report.aim(atLeast: 250_000, of: "\(log.rawValue), \(CaptureShape.batches.rawValue)")
            for shape in [CaptureShape.single, .crowd] { report.aim(atLeast: 15_000, of: "\(log.rawValue), \(shape.rawValue)") }
        }
        return report
    }
}

/// How events are posted.
enum CaptureShape: String, CaseIterable, Sendable {
    case batches, single
    /// Single posts over many connections, as devices send them.
    case crowd = "single of many"
}
