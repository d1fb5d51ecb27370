import EventLog
import Events
import Foundation
import TestSupport
import Testing

/// The logs that must behave alike.
enum LogKind: String, CaseIterable, Sendable {
    case embedded, kafka
}

/// A log of a kind with topics of its own; `open` may be called again, as after a restart.
struct LogUnderTest {
    let kind: LogKind
    private let folder: TemporaryFolder
    private let prefix = "test-\(UUID().uuidString.prefix(8))."

    init(_ kind: LogKind) throws {
        self.kind = kind
        folder = try TemporaryFolder()
    }

    func open() async throws -> any EventLog {
        switch kind {
        case .embedded: return try EmbeddedLog(folder: folder.path("log"))
        case .kafka:
            let broker = try await Broker.shared.get()
            var settings = KafkaSettings(bootstrap: broker.bootstrap)
            settings.topicPrefix = prefix
            settings.assignmentStrategy = "range"  // cooperative-sticky hangs on noida-db when a member joins later
            return try KafkaLog(settings: settings)
        }
    }
}

/// Runs `body` with a place for a log of that kind; the place outlives it.
func withPlace(_ kind: LogKind, _ body: (LogUnderTest) async throws -> Void) async throws {
    let place = try LogUnderTest(kind)
    defer { withExtendedLifetime(place) {} }
    try await body(place)
}

/// Runs `body` with a fresh log of that kind and closes the log after it.
func withLog(_ kind: LogKind, _ body: (any EventLog) async throws -> Void) async throws {
    try await withPlace(kind) { place in
        let log = try await place.open()
        do {
            try await body(log)
        } catch {
            await log.close()
            throw error
        }
        await log.close()
    }
}
