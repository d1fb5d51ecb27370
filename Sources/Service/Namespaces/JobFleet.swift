import Events
import FeatureStore
import Logging
import ServiceLifecycle
import Synchronization

/// The jobs of this process: for every topic one for each live namespace. The serving namespace's job emits; the others' only build
/// features. When serving moves, the jobs concerned begin a new life in their new part.
final class JobFleet: Service {
    private static let interval = Duration.milliseconds(50)

    /// What one job is to do.
    private struct Post: Hashable {
        var topic: Topic
        var namespace: String
        var entry: String
        var emits: Bool
    }

    private let topics: [Topic]
    private let namespaces: NamespaceWatch
    private let board: JobBoard
    private let makeJob: @Sendable (Topic, _ namespace: String, NamespaceRegistry.Entry, _ emits: Bool) -> JobService
    private let isStopping = Atomic<Bool>(false)

    init(
        topics: [Topic], namespaces: NamespaceWatch, board: JobBoard,
        makeJob: @escaping @Sendable (Topic, _ namespace: String, NamespaceRegistry.Entry, _ emits: Bool) -> JobService
    ) {
        self.topics = topics
        self.namespaces = namespaces
        self.board = board
        self.makeJob = makeJob
    }

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                var jobs: [Post: JobService] = [:]
                while !isStopping.load(ordering: .acquiring) {
                    reconcile(&jobs) { job in group.addTask { await job.run() } }
                    try? await Task.sleep(for: JobFleet.interval)
                }
                for job in jobs.values { job.stop() }
            }
        } onCancelOrGracefulShutdown: {
            self.isStopping.store(true, ordering: .releasing)
        }
    }

    /// Stops what is not wanted any more and starts what is missing; a successor waits until its predecessor has ended.
    private func reconcile(_ jobs: inout [Post: JobService], start: (JobService) -> Void) {
        guard namespaces.isKnown else { return showWaiting() }
        let wanted = posts()
        for (post, job) in jobs where !wanted.keys.contains(post) {
            job.stop()
            guard job.hasEnded else { continue }
            jobs[post] = nil
            if !wanted.keys.contains(where: { $0.namespace == post.namespace }) { board.forget(post.namespace) }
        }
        for (post, entry) in wanted where jobs[post] == nil {
            if jobs.keys.contains(where: { $0.topic == post.topic && $0.namespace == post.namespace }) { continue }
            let job = makeJob(post.topic, post.namespace, entry, post.emits)
            jobs[post] = job
            start(job)
        }
    }

    private func posts() -> [Post: NamespaceRegistry.Entry] {
        let registry = namespaces.current
        var posts: [Post: NamespaceRegistry.Entry] = [:]
        for (namespace, entry) in registry.entries where entry.state == .live {
            for topic in topics {
                let emits = namespace == registry.serving
                posts[Post(topic: topic, namespace: namespace, entry: "\(entry)", emits: emits)] = entry
            }
        }
        return posts
    }

    private func showWaiting() {
        let reason = namespaces.failure ?? "the registry of namespaces is being read"
        for topic in topics { board.update(namespaces.current.serving, topic) { $0.state = .waiting(reason) } }
    }
}
