import FeatureStore
import ServiceLifecycle

/// Ends the players' signal streams first when the process stops: an open stream would keep the HTTP server from stopping.
struct SignalStreams: Service {
    let startup: Startup

    func run() async throws {
        try? await gracefulShutdown()
        startup.parts?.signals.stop()
    }
}
