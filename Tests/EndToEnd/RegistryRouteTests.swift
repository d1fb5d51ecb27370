import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// The schema registry's routes answer in Confluent's form, whatever is wrong.
    @Suite struct RegistryRouteTests {
        private static let subject = "play_events-recs.events.play_start"

        private struct Failure: Decodable {
            var errorCode: Int
            var message: String
        }

        private func expect(_ answer: Answer, _ status: Int, _ code: Int) throws {
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.headers["content-type"] == "application/vnd.schemaregistry.v1+json")
            let failure = try answer.decoded(Failure.self)
            #expect(failure.errorCode == code && !failure.message.isEmpty)
        }

        @Test func whatIsNoSchemaIsRefused() async throws {
            let server = try await RunningServer.start()
            for path in ["/subjects/\(Self.subject)", "/subjects/\(Self.subject)/versions"] {
                try expect(await server.send("POST", path, "{\"schema\":\"x\"}"), 422, 42_201)
                try expect(await server.send("POST", path, "{\"schema\":"), 422, 42_201)
            }
            try expect(await server.send("POST", "/subjects/\(Self.subject)", "{\"schema\":\"\\\"string\\\"\"}"), 404, 40_403)
            #expect(try await server.end() == 0)
        }

        @Test func registryThatIsAwayIsSaidToBe() async throws {
            // One service is the registry of another.
            let registry = try await RunningServer.start()
            let server = try await RunningServer.start(arguments: ["--registry", registry.url])
            #expect(try await server.get("/subjects").status == 200)
            #expect(try await registry.end() == 0)
            // All at once: the client behind them goes on trying to connect for some seconds.
            async let subjects = server.get("/subjects")
            async let versions = server.get("/subjects/\(Self.subject)/versions")
            async let latest = server.get("/subjects/\(Self.subject)/versions/latest")
            async let schema = server.get("/schemas/ids/999")
            async let found = server.send("POST", "/subjects/\(Self.subject)", "{\"schema\":\"\\\"string\\\"\"}")
            for answer in try await [subjects, versions, latest, schema, found] { try expect(answer, 503, 50_003) }
            #expect(try await server.end() == 0)
        }
    }
}
