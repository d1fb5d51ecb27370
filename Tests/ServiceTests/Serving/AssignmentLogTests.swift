import EventLog
import Features
import Logging
import Testing

@testable import Service

/// Places in thumbnail tests on their way to the log.
@Suite struct AssignmentLogTests {
    private static func entry(_ number: Int) -> AssignmentLog.Entry {
        AssignmentLog.Entry(
            user: UserID("viewer-\(number)"), test: TestID("t"), title: TitleID("sintel"), variant: VariantID("a"), segment: "new",
            propensity: 0.5, region: .none, at: 1)
    }

    @Test func whatFindsTheBufferFullIsCounted() async throws {
        let box = try await LetterBox()
        let metrics = Metrics()
        let assignments = AssignmentLog(
            log: box.foundations.log, writer: box.foundations.writer, metrics: metrics, logger: Logger(label: "test"))
        for number in 0..<AssignmentLog.waitingCountMax + 3 { assignments.offer(Self.entry(number)) }
        // Those that wait already are not dropped when they are offered again.
        for number in 0..<5 { assignments.offer(Self.entry(number)) }
        #expect(metrics.exposition().contains("recs_assignments_dropped_total 3\n"))
        await box.close()
    }
}
