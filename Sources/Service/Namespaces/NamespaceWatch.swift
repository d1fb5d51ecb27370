import EventLog
package import FeatureStore
import Foundation
package import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import Synchronization

/// Follows the registry of namespaces on a thread of its own: which one serves, which the jobs feed.
package final class NamespaceWatch: Service {
    private static let intervalSeconds = 0.25

    private let address: StoreAddress
    private let first: String
    private let definition: Int64
    private let logger: Logger
    private let box: NIOLockedValueBox<View>
    private let isStopping = Atomic<Bool>(false)

    private struct View {
        var registry: NamespaceRegistry
        var isKnown = false
        var failure: String?
    }

    /// `first` is the namespace that serves where the store knows of none yet, and `definition` the one that it begins with.
    package init(address: StoreAddress, first: String, definition: Int64, logger: Logger) {
        self.address = address
        self.first = first
        self.definition = definition
        self.logger = logger
        box = NIOLockedValueBox(View(registry: NamespaceRegistry(serving: first, entries: [:])))
    }

    /// The registry as last read; one without entries while the store has not been reached yet.
    package var current: NamespaceRegistry { box.withLockedValue { $0.registry } }

    /// True once the registry has been read.
    package var isKnown: Bool { box.withLockedValue { $0.isKnown } }

    /// Why the registry cannot be read, nil where it can.
    package var failure: String? { box.withLockedValue { $0.failure } }

    package func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread { [self] in
                    nameThread("namespaces")
                    follow()
                    continuation.resume()
                }
                thread.start()
            }
        } onCancelOrGracefulShutdown: {
            self.isStopping.store(true, ordering: .releasing)
        }
    }

    private func follow() {
        var connection: StoreConnection?
        while !isStopping.load(ordering: .acquiring) {
            do throws(StoreError) {
                if connection == nil { connection = try StoreConnection(address) }
                guard let open = connection else { continue }
                let registry = try open.namespaceRegistry(first: first, definition: definition)
                box.withLockedValue { $0 = View(registry: registry, isKnown: true, failure: nil) }
            } catch {
                // The last view stays: who served goes on serving while the store is away.
                connection = nil
                box.withLockedValue { $0.failure = error.description }
            }
            let until = ContinuousClock.now + .seconds(NamespaceWatch.intervalSeconds)
            while ContinuousClock.now < until, !isStopping.load(ordering: .acquiring) { Thread.sleep(forTimeInterval: 0.02) }
        }
    }
}
