import ServiceLifecycle

/// Ends the players' signal streams first when the process stops: an open stream would keep the HTTP server from stopping.
struct SignalStreams: Service {
    let front: FrontResponder

    func run() async throws {
        try? await gracefulShutdown()
        front.endSignals()
    }
}
