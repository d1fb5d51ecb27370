import Catalog
import EventLog
import Features
import Foundation
import HTTPTypes
import Home
import Hummingbird
import NIOCore

/// `/v1/titles/…`, `/v1/trending`, `/v1/catalog`: titles, what is like them, what is played, and changing the catalogue while running.
struct TitleRoutes: Sendable {
    let published: PublishedBox
    let catalogs: CatalogStore
    let changes: DefinitionService
    let bodyByteCountMax: Int

    func addReaders(to group: RouterGroup<APIContext>) {
        group.get("titles/:title") { _, context in try title(context) }
        group.get("titles/:title/similar") { try await similar($0, $1) }
        group.get("trending") { request, _ in try await trending(request) }
        group.get("catalog") { _, _ in try catalog() }
    }

    func addAdmins(to group: RouterGroup<APIContext>) {
        group.put("titles/:title") { try await put($0, $1) }
        group.post("catalog") { request, _ in try await apply(request, keeps: true) }
        group.post("catalog/diff") { request, _ in try await apply(request, keeps: false) }
    }

    private func titleID(_ context: APIContext) throws -> String {
        try context.name("title")
    }

    private func index(of id: String) throws(Problem) -> Int {
        guard let index = published.current.catalog.index(of: TitleID(id)) else {
            throw .notFound("the catalogue has no title `\(id)`; GET /v1/catalog lists them")
        }
        return index
    }

    private func title(_ context: APIContext) throws -> Response {
        let id = try titleID(context)
        guard let title = try catalogs.document().titles.first(where: { $0.titleID == id }) else {
            throw Problem.notFound("the catalogue has no title `\(id)`; GET /v1/catalog lists them")
        }
        return .json(ByteBuffer(bytes: try title.serialized()))
    }

    private func catalog() throws -> Response {
        .json(ByteBuffer(bytes: try catalogs.document().serialized()))
    }

    private func similar(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = Query(request: request)
        let index = try index(of: titleID(context))
        let (wish, published) = (try wished(query), try counted())
        let items = published.composer.similar(
            to: index, snapshot: published.snapshot, count: try query.integer("k", 1...200) ?? 20, request: wish,
            standings: await published.standings(region: wish.region))
        return answer(items, published) { $0.member("title_id", published.catalog.titles[index].id.description) }
    }

    private func trending(_ request: Request) async throws -> Response {
        let query = Query(request: request)
        let (wish, published) = (try wished(query), try counted())
        let region = try query.region()
        let items = published.composer.trending(
            region: region, snapshot: published.snapshot, count: try query.integer("k", 1...200) ?? 20, request: wish,
            standings: await published.standings(region: wish.region))
        return answer(items, published) { $0.member("region", region?.text) }
    }

    /// A ranking by counts that nobody has read yet would be a wrong one.
    private func counted() throws(Problem) -> Published {
        let published = published.current
        if published.snapshotAt == 0 { throw .unavailable("the title counts have not been read yet; /readyz says why") }
        return published
    }

    private func wished(_ query: Query) throws -> HomeRequest {
        let wish = try query.wish()
        return HomeRequest(
            region: wish.region ?? .none, maturityLimit: wish.maturityLimit ?? ProfileLimits.unlimited, rowCountMax: wish.rowCountMax,
            itemCountMax: wish.itemCountMax, now: wallClockMilliseconds())
    }

    private func answer(_ items: RankedList, _ published: Published, _ head: (inout JSONWriter) -> Void) -> Response {
        .json(
            JSONWriter.object(capacity: 16_384) { json in
                head(&json)
                json.member("snapshot_at", published.snapshotAt)
                json.member("items")
                json.write(items, in: published)
            })
    }

    // MARK: Changing

    private func put(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try titleID(context)
        let title = try await parse(request, TitleJSON.parse)
        guard title.titleID == id else {
            throw Problem(
                .unprocessableContent, "Wrong value", "`title_id` is `\(title.titleID)` and the path says `\(id)`; make them equal")
        }
        var document = CatalogDocument()
        document.titles = [title]
        return try await change(document, withdrawsOthers: false, keeps: true)
    }

    private func apply(_ request: Request, keeps: Bool) async throws -> Response {
        let withdrawsOthers = try Query(request: request).flag("replace")
        let document = try await parse(request, CatalogDocument.parse)
        return try await change(document, withdrawsOthers: withdrawsOthers, keeps: keeps)
    }

    /// Parses the body; the document's faults become the problem's.
    private func parse<R>(_ request: Request, _ parse: (Data) throws(CatalogError) -> R) async throws -> R {
        try request.expectJSON()
        let body = try await request.body.collect(upTo: bodyByteCountMax)
        do throws(CatalogError) {
            return try parse(Data(body.readableBytesView))
        } catch {
            let count = error.faults.count
            var problem = Problem(
                .unprocessableContent, "Catalogue not readable", "\(count) \(count == 1 ? "fault" : "faults"); nothing was changed")
            problem.faults = error.faults.map { ($0.path, $0.message) }
            throw problem
        }
    }

    private func change(_ document: CatalogDocument, withdrawsOthers: Bool, keeps: Bool) async throws -> Response {
        let diff: CatalogDiff
        do {
            diff = try catalogs.apply(document, withdrawsOthers: withdrawsOthers, keeps: keeps)
        } catch let error as CatalogError {
            throw Problem(.unprocessableContent, "Catalogue not usable", error.description)
        }
        // Serving has the change already; events posted after the answer find it in the features, too.
        if keeps { await changes.settle() }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys]
        return .json(ByteBuffer(bytes: try encoder.encode(diff)))
    }
}
