import Logging
import NIOConcurrencyHelpers
import Testing

@testable import Service

/// The dumbest handler that could be right: it keeps its metadata and what it was told to log.
private struct KeepingHandler: LogHandler {
    let lines = NIOLockedValueBox<[String]>([])
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.withLockedValue { $0.append("\(event.level) \(event.message) " + all.joined(separator: " ")) }
    }
}

@Suite struct RequestLogHandlerTests {
    /// What a program does to a logger, and what it can see of it.
    private static func use(_ logger: Logger) -> [String?] {
        var logger = logger
        var seen: [String?] = []
        logger[metadataKey: "service"] = "recs"
        logger.info("before")
        var request = logger
        request[metadataKey: "id"] = .stringConvertible(7)
        request[metadataKey: "service"] = "other"
        request.error("failed", metadata: ["error": "none", "id": "8"])
        seen += [request[metadataKey: "id"]?.description, request[metadataKey: "service"]?.description]
        request[metadataKey: "service"] = nil
        request.info("without")
        seen += [request[metadataKey: "service"]?.description, logger[metadataKey: "id"]?.description]
        logger.logLevel = .error
        logger.warning("not heard")
        logger.error("heard")
        return seen
    }

    @Test func logsWhatTheHandlerAloneWouldLog() {
        let (alone, wrapped) = (KeepingHandler(), KeepingHandler())
        let expected = Self.use(Logger(label: "test") { _ in alone })
        let seen = Self.use(Logger(label: "test") { _ in RequestLogHandler(wrapped) })
        #expect(seen == expected)
        #expect(wrapped.lines.withLockedValue { $0 } == alone.lines.withLockedValue { $0 })
        #expect(alone.lines.withLockedValue { $0 }.count == 4)
    }
}
