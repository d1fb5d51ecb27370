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
        let access = Access(router: router, keys: configuration.keys, limiter: RateLimiter(rate: configuration.requestsPerSecondMax))
        operations.add(to: access.group("", .reader).add(middleware: PoolMiddleware()))
        if servesAPI { addAPI(access) }
        return router
    }

    /// Makes groups of routes for keys of certain roles.
    private struct Access {
        let router: Router<APIContext>
        let keys: [APIKey]
        let limiter: RateLimiter

        func group(_ path: RouterPath, _ roles: APIKey.Role...) -> RouterGroup<APIContext> {
            router.group(path).add(middleware: AccessMiddleware(keys: keys, limiter: limiter, roles: roles))
        }
    }

    private func addAPI(_ access: Access) {
        let readers = access.group("v1", .reader)
        let pooled = access.group("v1", .reader).add(middleware: PoolMiddleware())
        let admins = access.group("v1").add(middleware: PoolMiddleware())
        let budget = BodyBudget(byteCountMax: configuration.bodyBytesUnderWayMax, metrics: parts.metrics)
        EventRoutes(gateway: parts.gateway, bodyByteCountMax: configuration.bodyByteCountMax, budget: budget)
            .add(to: access.group("v1", .producer))
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
            readers: access.group("", .reader, .producer).add(middleware: PoolMiddleware()),
            writers: access.group("", .producer).add(middleware: PoolMiddleware()))
    }
}
