import Logging

/// Keeps what is set of a request beside the handler that writes, which is told of it when something is logged: nearly no request logs anything,
/// but each is given its id, and a handler that writes text makes its line's beginning anew for every value that is set.
struct RequestLogHandler: LogHandler {
    private var base: any LogHandler
    private var request: Logger.Metadata = [:]

    init(_ base: any LogHandler) { self.base = base }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata.merging(request) { $1 } }
        set {
            base.metadata = newValue
            request = [:]
        }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { request[key] ?? base[metadataKey: key] }
        set {
            request[key] = newValue
            // Else the handler's own value would show again.
            if newValue == nil { base[metadataKey: key] = nil }
        }
    }

    func log(event: LogEvent) {
        var event = event
        if !request.isEmpty { event.metadata = request.merging(event.metadata ?? [:]) { $1 } }
        base.log(event: event)
    }
}
