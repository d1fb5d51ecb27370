package import Events
import Hummingbird
package import Logging
import ServiceLifecycle
import UnixSignals

/// The composition root: builds a process from its parts and runs it until it is told to stop.
package struct RecsServer {
    /// What runs in this process.
    package enum Role: Sendable, Equatable {
        /// API and all jobs.
        case whole
        /// API only (`recs serve --no-jobs`).
        case api
        /// The jobs of these topics, with probes and metrics but no API (`recs work --topic T`).
        case worker([Topic])
    }

    private let configuration: Configuration
    private let role: Role
    private let logger: Logger

    package init(configuration: Configuration, role: Role, logger: Logger) {
        self.configuration = configuration
        self.role = role
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT; then stops in reverse order of starting, so that nothing under way is lost.
    /// Probes are answered from the first moment on, whatever is waited for; `whenListening` is called with the port once all requests are taken.
    package func run(whenListening: @escaping @Sendable (Int) -> Void) async throws {
        let resources = try Resources()
        let control = try ControlStore(folder: configuration.dataFolder)
        let front = FrontResponder()
        let parts = PartsService(
            configuration: configuration, role: role, resources: resources, control: control, front: front, logger: logger,
            whenListening: whenListening)
        let group = ServiceGroup(
            endingTogether: [parts, api(front), SignalStreams(front: front)], signals: [.sigterm, .sigint], logger: logger)
        do {
            try await group.run()
        } catch {
            await front.parts?.close()
            throw error
        }
        await front.parts?.close()
    }

    private func api(_ front: FrontResponder) -> any Service {
        Application(
            responder: front, server: LoopConnections.server,
            configuration: .init(address: .hostname(configuration.host, port: configuration.port), serverName: "recs"),
            onServerRunning: { channel in front.listens(on: channel.localAddress?.port ?? 0) },
            logger: Logger(label: logger.label) { _ in RequestLogHandler(logger.handler) })
    }
}

extension RecsServer.Role {
    /// The topics whose jobs run here.
    var topics: [Topic] {
        switch self {
        case .whole: Topic.allCases.filter(\.hasJob)
        case .api: []
        case .worker(let topics): topics
        }
    }

    var servesAPI: Bool { if case .worker = self { false } else { true } }
}

extension ServiceGroup {
    /// Services that all end, in reverse order, where one of them fails.
    init(endingTogether services: [any Service], signals: [UnixSignal] = [], logger: Logger) {
        self.init(
            configuration: .init(
                services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: signals, logger: logger))
    }
}
