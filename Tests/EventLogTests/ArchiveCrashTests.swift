import Events
import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import EventLog

/// Whatever moment a crash strikes at, the archive goes on without a hole, an overlap or a loss.
@Suite struct ArchiveCrashTests {
    /// The folder is copied at every step as a crash would leave it; each copy is opened anew and goes on to the end of the log.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func goesOnFromEveryStep(seed: UInt64) async throws {
        let fixture = try await ArchiveFixture(partitions: 3)
        var random = SplitMix64(seed: seed)
        let copies = CrashCopies(fixture, seed: seed)
        var limits = ArchiveWriter.Limits()
        limits.fileByteCountMax = 8000
        limits.pieceByteCount = 700
        var number = 0
        do {
            let writer = try fixture.writer(limits: limits)
            writer.atStep = { (step) throws(LogError) in try copies.take(step) }
            for round in 0..<5 {
                let count = Int.random(in: 1...120, using: &random)
                fixture.append(number..<number + count)
                number += count
                if round == 2 || Bool.random(using: &random) { fixture.clock.now += ArchiveFixture.hour }
                if number % 5 == 0 { fixture.erase(user: "user-\(number % 7)") }
                let poll = Int.random(in: 1...50, using: &random)
                try fixture.archiveAll(writer, recordCountMax: poll, flushes: Bool.random(using: &random))
                var compaction = fixture.compaction(writer)
                _ = try compaction.run(now: fixture.clock.now)
            }
        }
        let onLog = try await fixture.recordsOnLog()
        #expect(Set(copies.steps) == Set(ArchiveStep.allCases))
        for copy in copies.archives {
            let writer = try fixture.writer(of: copy)
            try fixture.archiveAll(writer)
            var compaction = fixture.compaction(writer)
            _ = try compaction.run(now: fixture.clock.now + 2 * ArchiveFixture.hour)
            let report = try fixture.check(copy)
            #expect(report.problems == [])
            let archived = try fixture.recordsInArchive(copy)
            #expect(archived == fixture.compacted(onLog))
            let listed = try ArchiveReader(copy, topic: .play).listing().map(\.path)
            #expect(fixture.paths(copy) == listed.sorted())
        }
        await fixture.log.close()
    }

    /// A step that fails (as a full disk makes it fail) leaves no temporary file and nothing lost.
    @Test(arguments: [ArchiveStep.begun, .written, .synchronised, .named, .recorded])
    func aFullDiskIsToldAndLosesNothing(step: ArchiveStep) async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<300)
        let writer = try fixture.writer()
        let full = LogError(.full, "no space left")
        writer.atStep = { (reached) throws(LogError) in if reached == step { throw full } }
        let error = #expect(throws: LogError.self) { try fixture.archiveAll(writer) }
        #expect(error?.kind == .full)
        #expect(!fixture.paths().contains { $0.hasSuffix(".tmp") })
        writer.atStep = { _ in }
        try fixture.archiveAll(writer)
        let archived = try fixture.recordsInArchive()
        let onLog = try await fixture.recordsOnLog()
        #expect(archived == onLog)
        let report = try fixture.check()
        #expect(report.problems == [])
        await fixture.log.close()
    }
}

/// Copies of the topic's folder: of the first time a step was reached, and of some others.
private final class CrashCopies: Sendable {
    private let source: String
    private let folder: TemporaryFolder
    private let taken = NIOLockedValueBox<[(ArchiveStep, Archive)]>([])

    private let random: NIOLockedValueBox<SplitMix64>

    init(_ fixture: ArchiveFixture, seed: UInt64) {
        source = fixture.archive.folder
        folder = fixture.folder
        random = NIOLockedValueBox(SplitMix64(seed: seed))
    }

    var steps: [ArchiveStep] { taken.withLockedValue { $0.map(\.0) } }
    var archives: [Archive] { taken.withLockedValue { $0.map(\.1) } }

    func take(_ step: ArchiveStep) throws(LogError) {
        let isTaken = random.withLockedValue { Int.random(in: 0..<4, using: &$0) == 0 }
        guard isTaken || !steps.contains(step) else { return }
        let count = archives.count
        let target = folder.path("crash-\(count)")
        do {
            try FileManager.default.copyItem(atPath: source, toPath: target)
        } catch {
            throw LogError(.invalid, "\(error)")
        }
        taken.withLockedValue { $0.append((step, Archive(folder: target))) }
    }
}
