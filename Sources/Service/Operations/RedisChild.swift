import FeatureStore
import Foundation
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle

/// Our own `redis-server`, watched: when it ends, it is started again from its append-only file; the jobs catch up by the markers.
final class RedisChild: Service {
    private let server: NIOLockedValueBox<RedisServer?>
    private let folder: String
    private let logger: Logger
    let address: StoreAddress

    /// Blocks until the server takes commands, or until it is not wanted any more.
    init(folder: String, logger: Logger, isWanted: () -> Bool) throws {
        let started = try RedisServer(folder: folder, isWanted: isWanted)
        self.folder = folder
        self.logger = logger
        address = started.address
        server = NIOLockedValueBox(started)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(200))
                if !server.withLockedValue({ $0?.isRunning ?? false }) && !Task.isCancelled { restart() }
            }
        }
        server.withLockedValue { $0 = nil }
    }

    private func restart() {
        logger.warning("redis-server has ended; starting it again from its file")
        do {
            try server.withLockedValue { server in
                // The old one goes first: it holds the folder's lock.
                server = nil
                server = try RedisServer(folder: folder)
            }
        } catch {
            logger.error("redis-server does not start; trying again", metadata: ["error": "\(error)"])
        }
    }
}
