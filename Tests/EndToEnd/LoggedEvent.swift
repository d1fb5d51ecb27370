import Foundation

/// An event as the log holds it, read by `recs log tail` whether or not a server runs.
struct LoggedEvent: Decodable, Sendable {
    var eventId: String
    var userId: String
    var testId: String?
    var titleId: String?
    var variantId: String?
    var propensity: Double?

    private struct Line: Decodable { var event: LoggedEvent }

    /// All events of a topic, partition by partition in the order of their offsets.
    static func all(_ topic: String, of server: RunningServer) async throws -> [LoggedEvent] {
        let tail = try await server.tool("log", "tail", topic, "--count", "1000000")
        guard tail.status == 0 else { throw NotServing(description: tail.errors) }
        return try tail.output.split(separator: "\n").map { try Answer.decoded(Line.self, from: Data($0.utf8)).event }
    }
}
