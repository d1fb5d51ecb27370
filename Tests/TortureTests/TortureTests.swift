import Foundation
import TestSupport
import Testing
import Torture

/// The short form of `Scripts/torture`: every part is killed while events flow.
@Suite(.serialized) struct TortureTests {
    private static let binary = ProcessInfo.processInfo.environment["RECS_BINARY"] ?? beside ?? ".build/debug/recs"

    private static let beside: String? = {
        let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(
            "recs"
        ).path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    @Test func nothingIsLostAndNothingIsCountedTwice() async throws {
        var settings = TortureSettings(seed: 20_260_101, binary: TortureTests.binary)
        settings.eventCount = 20_000
        settings.killCount = 20
        settings.minutesMax = 6
        let report = try await TortureRun(settings) { _ in }.run()
        #expect(report.isClean, "\(report.verdict)\n\(report.table)")
        #expect(report.killCount >= 10)
    }
}
