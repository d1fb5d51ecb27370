import EventLog
import Events
import Foundation
import Logging
import TestSupport
import Testing

@testable import Service

/// What a process that opens a data folder takes for a log.
@Suite struct FoundationsTests {
    private let folder: TemporaryFolder
    private let configuration: Configuration

    init() throws {
        folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.dataFolder = folder.path("data")
        self.configuration = configuration
    }

    private func open() async throws -> Foundations {
        try await Foundations.open(configuration, resources: try Resources(), logger: Logger(label: "test"))
    }

    /// It would begin at offset 0 beside the archive of the one that is gone.
    @Test func aTopicThatIsGoneIsNotMadeAnewBesideItsArchive() async throws {
        let first = try await open()
        let generation = try #require(first.generations[.search])
        let schemas = first.schemas
        await first.log.close()
        let topic = TopicDescription(topic: .search, partitions: configuration.partitionCount, generation: generation)
        _ = try ArchiveWriter(
            Archive(folder: configuration.archiveFolder), topic: topic, columns: try ArchiveColumns(topic: .search, schemas: schemas)
        ) { _ in nil }
        try await open().log.close()
        let file = configuration.logFolder + "/search_events.sqlite"
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
        let error = await #expect(throws: LogError.self) { try await open() }
        #expect(error?.description.contains("there is no search_events in \(configuration.logFolder)") == true)
        #expect(!FileManager.default.fileExists(atPath: file))
        try FileManager.default.removeItem(atPath: configuration.archiveFolder + "/search_events")
        try await open().log.close()
    }
}
