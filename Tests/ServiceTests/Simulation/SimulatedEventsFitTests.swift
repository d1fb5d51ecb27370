import Events
import Foundation
import Service
import TestSupport
import Testing

/// What the simulator and the import write passes the gateway.
@Suite struct SimulatedEventsFitTests {
    private func refusals(_ bytes: [UInt8], now: Int64) throws -> (count: Int, refused: [String]) {
        var encoder = try GatewayEncoder.ofOurSchemas()
        var output = EncodedEvents()
        try bytes.withUnsafeBytes { try encoder.encode($0, format: .ndjson, now: now, into: &output) }
        let refused = output.verdicts.compactMap { verdict -> String? in
            if case .refused(let problems) = verdict { return "\(problems)" }
            return nil
        }
        return (output.verdicts.count, refused)
    }

    @Test func everySimulatedEventFitsItsSchema() throws {
        var settings = SimulatedStream.settings(events: 6000)
        settings.qualityShare = 0.2
        settings.tests = [PlantedTest(test: ViewerSimulatorTests.test)]
        let stream = try SimulatedStream(settings) { _, _ in 0 }
        let result = try refusals(stream.bytes, now: SimulatedStream.endTime)
        #expect(result.count == 6000)
        #expect(result.refused.isEmpty, "\(result.refused.first ?? "")")
        let types = Set(stream.events.map(\.type))
        let expected = Set(EventType.allCases.filter(\.isPublic).map(\.rawValue))
        let rare: Set<String> = ["error_occurred", "playback_failed", "title_hidden", "my_list_removed", "continue_watching_removed"]
        #expect(expected.subtracting(types).isSubset(of: rare))
        #expect(types.isSubset(of: expected))
    }

    @Test func everyImportedEventFitsItsSchema() throws {
        let folder = try TemporaryFolder()
        try Data("movieId,title,genres\n1,Toy Story (1995),Adventure\n".utf8).write(to: folder.url.appendingPathComponent("movies.csv"))
        try Data("userId,movieId,rating,timestamp\n7,1,4.5,964982703\n".utf8).write(to: folder.url.appendingPathComponent("ratings.csv"))
        var source = try MovieLensImport(folder: folder.url)
        var bytes: [UInt8] = []
        while source.next(500, into: &bytes) > 0 {}
        let result = try refusals(bytes, now: SimulatedStream.endTime)
        #expect(result.count == 2)
        #expect(result.refused.isEmpty, "\(result.refused.first ?? "")")
    }
}
