import EventLog
import Hummingbird
import Jobs

/// The routes of a process, with who may use them.
struct APIRouter {
    let parts: Parts
    let changes: DefinitionService
    let configuration: Configuration
    /// False in a worker: probes and metrics only.
    let servesAPI: Bool
    let runsJobs: Bool
    /// The OpenAPI document.
    let openAPI: String

    func build() throws -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        let endpoints = servesAPI ? try EndpointTable(openAPI: openAPI) : .empty
        router.add(middleware: ObservingMiddleware(metrics: parts.metrics, endpoints: endpoints))
        let operations = OperationRoutes(
            readiness: Readiness(
                board: parts.board, published: parts.published, viewers: parts.viewers, gateway: parts.gateway, runsJobs: runsJobs),
            board: parts.board, namespaces: parts.namespaces, metrics: parts.metrics, viewers: parts.viewers, openAPI: openAPI,
            startedAt: wallClockMilliseconds())
        operations.addProbes(to: router)
        let limiter = RateLimiter(rate: configuration.requestsPerSecondMax)
        let keyed = router.group().add(middleware: KeyMiddleware(keys: configuration.keys, limiter: limiter))
        operations.add(to: keyed.group().add(middleware: RoleMiddleware(.reader)).add(middleware: PoolMiddleware()))
        if servesAPI { addAPI(to: keyed) }
        return router
    }

    private func addAPI(to keyed: RouterGroup<APIContext>) {
        let producers = keyed.group("v1").add(middleware: RoleMiddleware(.producer))
        let readers = keyed.group("v1").add(middleware: RoleMiddleware(.reader))
        let pooled = keyed.group("v1").add(middleware: RoleMiddleware(.reader)).add(middleware: PoolMiddleware())
        let admins = keyed.group("v1").add(middleware: RoleMiddleware()).add(middleware: PoolMiddleware())
        let budget = BodyBudget(byteCountMax: configuration.bodyBytesUnderWayMax, metrics: parts.metrics)
        EventRoutes(gateway: parts.gateway, bodyByteCountMax: configuration.bodyByteCountMax, budget: budget).add(to: producers)
        let users = UserRoutes(
            home: parts.home, erasure: Erasure(log: parts.foundations.log, writer: parts.foundations.writer),
            activity: ActivityReader(reader: parts.viewers.reader, partitionCount: parts.foundations.partitionCount),
            board: parts.board)
        users.addReaders(to: readers)
        users.addLongReaders(to: pooled)
        users.addAdmins(to: admins)
        let titles = TitleRoutes(
            published: parts.published, catalogs: parts.catalogs, changes: changes, bodyByteCountMax: configuration.bodyByteCountMax)
        titles.addReaders(to: pooled)
        titles.addAdmins(to: admins)
        ExperimentRoutes(tests: configuration.jobs.tests, published: parts.published).add(to: pooled)
        SessionRoutes(feed: parts.signals).add(to: readers)
        RegistryRoutes(registry: parts.foundations.registry).add(
            readers: keyed.group().add(middleware: RoleMiddleware(.reader, .producer)).add(middleware: PoolMiddleware()),
            writers: keyed.group().add(middleware: RoleMiddleware(.producer)).add(middleware: PoolMiddleware()))
    }
}
