import EventLog
import Events
import TestSupport
import Testing

@testable import Service

/// The archive job and what `recs archive` shows of its work.
@Suite struct ArchiveRunTests {
    @Test func archivesWhatIsOnTheLogAndGoesOnAfterARestart() async throws {
        let scene = try await ArchiveScene(.deadLetters)
        for life in 0..<2 {
            await scene.erase(life * 10..<life * 10 + 10)
            try scene.archiveAll()
        }
        let shown = scene.archive
        let extents = try shown.extents()
        #expect(extents.map(\.records) == [20] && extents.map(\.files) == [2] && extents.map(\.nextOffset) == [20])
        let report = try shown.check(.deadLetters)
        #expect(report.problems == [] && report.recordCount == 20)
        var lines: [String] = []
        try shown.cat(.deadLetters, partition: 0, from: 8, count: 3) { lines.append($0) }
        #expect(lines.count == 3 && lines[0].contains("\"offset\":8,") && lines[0].contains("\"user_id\":\"user-8\""))
        let taken = scene.setup.metrics.exposition()
        #expect(taken.contains("recs_archived_records_total{topic=\"dead_letters\"} 20"))
        await scene.log.close()
    }

    /// On a topic that no job reads nobody is erased.
    @Test func compactionLeavesATopicWithoutAJobAsItIs() async throws {
        let scene = try await ArchiveScene(.deadLetters, hoursAgo: 3)
        await scene.erase(0..<10)
        await scene.erase(0..<10)
        try scene.archiveAll()
        let outcome = try scene.archive.compact(.deadLetters, scene.setup.residues)
        #expect(outcome?.erasedCount == 0)
        let report = try scene.archive.check(.deadLetters)
        #expect(report.problems == [] && report.recordCount == 20 && report.erasedCount == 0)
        await scene.log.close()
    }
}
