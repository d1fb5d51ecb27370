package import EventLog
package import Events
package import Features
package import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle

/// Logs each viewer's place in a thumbnail test once, as `ab_test_assignment` (DESIGN §9). Off the request's path: requests leave
/// assignments in a bounded buffer; what finds no room is offered again by the viewer's next page.
package final class AssignmentLog: Service {
    /// One viewer's place in a test, to be logged.
    package struct Entry: Sendable {
        package var user: UserID
        package var test: TestID
        package var title: TitleID
        package var variant: VariantID
        package var segment: String
        package var propensity: Double
        package var region: RegionID
        package var at: Int64
    }

    private struct State {
        var waiting: [Entry] = []
        /// Offered lately; the job's state answers for those that left this set.
        var offered: Set<String> = []
    }

    static let waitingCountMax = 10_000
    private static let offeredCountMax = 200_000

    private let log: any EventLog
    private let writer: InternalEventWriter
    private let dropped: Metrics.Counter
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    package init(log: any EventLog, writer: InternalEventWriter, metrics: Metrics, logger: Logger) {
        self.log = log
        self.writer = writer
        dropped = metrics.counter(
            "recs_assignments_dropped_total",
            help: "Places in thumbnail tests that found the buffer full; the viewers' next pages offer them again.")
        self.logger = logger
    }

    /// Takes an assignment to be logged, unless it was offered lately; where the buffer is full it is dropped and counted.
    package func offer(_ entry: Entry) {
        let name = "\(entry.test)\u{0}\(entry.user)"
        let isDropped = state.withLockedValue { state in
            if state.offered.contains(name) { return false }
            guard state.waiting.count < AssignmentLog.waitingCountMax else { return true }
            if state.offered.count >= AssignmentLog.offeredCountMax { state.offered.removeAll(keepingCapacity: true) }
            state.offered.insert(name)
            state.waiting.append(entry)
            return false
        }
        if isDropped { dropped.add() }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(50))
                await self.flush()
            }
        }
        await flush()
    }

    private func flush() async {
        let entries = state.withLockedValue { state in
            defer { state.waiting.removeAll(keepingCapacity: true) }
            return state.waiting
        }
        if entries.isEmpty { return }
        var batch = AppendBatch()
        for entry in entries { append(entry, to: &batch) }
        let outcomes = await log.append(batch)
        var failures = 0
        for (entry, outcome) in zip(entries, outcomes) {
            guard case .failed = outcome else { continue }
            failures += 1
            state.withLockedValue { _ = $0.offered.remove("\(entry.test)\u{0}\(entry.user)") }
        }
        if failures > 0 {
            logger.warning("assignments not logged; the viewers' next pages offer them again", metadata: ["count": "\(failures)"])
        }
    }

    private func append(_ entry: Entry, to batch: inout AppendBatch) {
        let record = writer.abTestAssignment(
            id: AssignmentLog.id(entry), user: entry.user.description, region: entry.region.text, timestamp: entry.at,
            test: entry.test.description, variant: entry.variant.description, title: entry.title.description, segment: entry.segment,
            propensity: entry.propensity, into: &batch.bytes)
        batch.records.append(.init(topic: .experiment, key: record.key, value: record.value))
    }

    /// The same assignment has the same id, whoever logs it and however often.
    private static func id(_ entry: Entry) -> EventID {
        func hash(_ seed: UInt64) -> UInt64 {
            var hash = 0xcbf2_9ce4_8422_2325 ^ seed
            for byte in "\(entry.test)\u{0}\(entry.user)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            return hash
        }
        let high = hash(0) & ~0xf000 | 0x8000
        let low = hash(0x9e37_79b9_7f4a_7c15) & ~(3 << 62) | 2 << 62
        return EventID(high: high, low: low)
    }
}
