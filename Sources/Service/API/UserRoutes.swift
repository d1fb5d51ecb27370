import EventLog
import Events
import FeatureStore
import Features
import Foundation
import HTTPTypes
import Home
import Hummingbird
import NIOCore

/// `/v1/users/…`: pages, rankings and what is known of a viewer.
struct UserRoutes: Sendable {
    let home: HomeService
    let erasure: Erasure
    let activity: ActivityReader
    let board: JobBoard

    func addReaders(to group: RouterGroup<APIContext>) {
        group.get("users/:user/home") { try await page($0, $1) { $0.write($1) } }
        group.get("users/:user/recommendations") { try await recommendations($0, $1) }
        group.get("users/:user/continue-watching") { try await continueWatching($0, $1) }
        group.get("users/:user/profile") { try await profile($0, $1, withHeldData: false) }
    }

    /// Those of them that take long.
    func addLongReaders(to group: RouterGroup<APIContext>) {
        group.get("users") { request, _ in try await users(request) }
        group.get("users/:user/explain") { try await page($0, $1) { $0.write(explanation(of: $1)) } }
        group.get("users/:user/export") { try await profile($0, $1, withHeldData: true) }
    }

    func addAdmins(to group: RouterGroup<APIContext>) {
        group.delete("users/:user") { _, context in try await erase(user(context)) }
        group.put("users/:user/profile") { try await putProfile($0, $1) }
    }

    private func user(_ context: APIContext) throws -> UserID {
        let name = try context.name("user")
        guard !name.isEmpty, name.utf8.count <= 256 else { throw Problem.badRequest("a user id has 1 to 256 bytes") }
        return UserID(name)
    }

    private func page(
        _ request: Request, _ context: APIContext, _ write: (inout JSONWriter, ServedPage) -> Void
    ) async throws -> Response {
        let query = Query(request: request)
        let user = try user(context)
        let (outcome, published) = try await awaitToken(query, user)
        let wish = try query.wish()
        var served = try await reading { try await home.page(for: user, in: published, wish: wish, now: wallClockMilliseconds()) }
        if let warning = outcome.warning { served.warnings.append(warning) }
        var json = JSONWriter(capacity: 65_536)
        write(&json, served)
        return .json(json.buffer)
    }

    private func explanation(of served: ServedPage) -> Explanation {
        Explanation(
            served: served, maturityLimit: home.limits.limit(of: served.viewer.user.description),
            jobs: board.jobs(of: served.published.keys.namespace).map { topic, status in
                (topic.name, status.state == .running ? status.lag : nil, status.asOf)
            })
    }

    /// Waits until the namespace that serves has come to the token, and answers what is published of that namespace: where serving moves
    /// meanwhile, the request goes on with the one that it began with.
    private func awaitToken(_ query: Query, _ user: UserID) async throws -> (TokenWait.Outcome, Published) {
        let before = home.published.current
        guard let token = try query.token() else { return (.reached, before) }
        let outcome = try await reading { try await TokenWait(viewers: home.viewers(in: before)).wait(for: token, user: user) }
        let after = home.published.current
        return (outcome, after.keys.namespace == before.keys.namespace ? after : before)
    }

    /// A store that cannot be reached is a 503, not a 500.
    private func reading<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as StoreError {
            throw Problem.unavailable("the feature store cannot be read: \(error)")
        } catch let error as StateError {
            throw Problem.unavailable("what is stored of this viewer is damaged: \(error)")
        }
    }

    private func recommendations(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = Query(request: request)
        let user = try user(context)
        let count = try query.integer("k", 1...1000) ?? 20
        let (outcome, published) = try await awaitToken(query, user)
        let viewer = try await reading { try await home.viewers(in: published).viewer(user) }
        let wish = try home.request(viewer, query.wish(), wallClockMilliseconds())
        let items = published.composer.recommendations(
            for: viewer, snapshot: published.snapshot, count: count, request: wish,
            standings: await published.standings(region: wish.region))
        return .json(
            JSONWriter.object(capacity: 16_384) { json in
                json.member("user", user.description)
                json.member("as_of", viewer.asOf)
                json.member("snapshot_at", published.snapshotAt)
                json.member("is_current", outcome == .reached)
                json.member("items")
                json.write(items, in: published)
            })
    }

    private func continueWatching(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = Query(request: request)
        let user = try user(context)
        let (outcome, published) = try await awaitToken(query, user)
        let viewer = try await reading { try await home.viewers(in: published).viewer(user) }
        let wish = try home.request(viewer, query.wish(), wallClockMilliseconds())
        let items = published.composer.continueWatching(for: viewer, request: wish)
        return .json(
            JSONWriter.object { json in
                json.member("user", user.description)
                json.member("as_of", viewer.asOf)
                json.member("is_current", outcome == .reached)
                json.member("items")
                json.write(items, in: published)
            })
    }

    private func profile(_ request: Request, _ context: APIContext, withHeldData: Bool) async throws -> Response {
        let user = try user(context)
        let (outcome, published) = try await awaitToken(Query(request: request), user)
        let viewers = home.viewers(in: published)
        let viewer = try await reading { try await viewers.viewer(user) }
        let held = withHeldData ? try await reading { try await HeldData.all(of: user, viewers, published.catalog) } : nil
        let profile = ViewerProfile(
            viewer: viewer, catalog: published.catalog, maturityLimit: home.limits.limit(of: user.description), now: wallClockMilliseconds()
        )
        return .json(
            JSONWriter.object(capacity: 8192) { json in
                json.member("user", user.description)
                json.member("is_current", outcome == .reached)
                json.writeMembers(of: profile)
                guard let held else { return }
                json.member("held")
                json.array(held) { $0.write($1) }
            })
    }

    private func putProfile(_ request: Request, _ context: APIContext) async throws -> Response {
        let user = try user(context)
        let body = try await request.body.collect(upTo: 65_536)
        let limit = try UserRoutes.maturityLimit(Data(body.readableBytesView))
        try home.limits.set(limit, user: user.description)
        return .json(
            JSONWriter.object { json in
                json.member("user", user.description)
                json.member("maturity_limit", home.limits.limit(of: user.description))
            })
    }

    /// The one member that a profile has. Whatever else is sent is refused: a slip of a name must not lift a child's limit.
    private static func maturityLimit(_ body: Data) throws(Problem) -> Int? {
        let advice = "send {\"maturity_limit\": 0…18}, or null for none"
        guard let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any] else {
            throw .badRequest("the body is no JSON object; \(advice)")
        }
        if let other = object.keys.sorted().first(where: { $0 != "maturity_limit" }) {
            throw .badRequest("`\(other)` is not a field that is known; \(advice)")
        }
        guard let value = object["maturity_limit"] else { throw .badRequest("`maturity_limit` is missing; \(advice)") }
        if value is NSNull { return nil }
        guard let limit = value as? Int, (0...18).contains(limit) else {
            throw Problem(.unprocessableContent, "Wrong value", "`maturity_limit` is `\(value)`; use 0 to 18, or null for none")
        }
        return limit
    }

    private func erase(_ user: UserID) async throws -> Response {
        let token = try await erasure.erase(user)
        try home.limits.set(nil, user: user.description)
        return .json(
            JSONWriter.object { json in
                json.member("user", user.description)
                json.member("token", token.text)
                json.member("detail", "erased once the token's positions have passed; present it to a read to wait for that")
            }, status: .accepted)
    }

    private func users(_ request: Request) async throws -> Response {
        let limit = try Query(request: request).integer("limit", 1...1000) ?? 20
        let users = try await reading { try await activity.recent(in: home.published.current.keys, limit: limit) }
        return .json(
            JSONWriter.object { json in
                json.member("users")
                json.array(users) { json, entry in
                    json.object {
                        $0.member("user", entry.user)
                        $0.member("as_of", entry.at)
                    }
                }
            })
    }
}
