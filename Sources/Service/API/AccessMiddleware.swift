import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers

/// Lets in requests with a key of the roles named, an admin's always: 401 where there is no key or a wrong one, 403 where it is of another role.
/// Holds each key to its rate.
struct AccessMiddleware: RouterMiddleware {
    typealias Context = APIContext
    /// Empty where the service runs without keys (loopback only), which allows all.
    let keys: [APIKey]
    let limiter: RateLimiter
    let roles: [APIKey.Role]

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        try admit(request)
        return try await next(request, context)
    }

    private func admit(_ request: Request) throws(Problem) {
        let key = keys.isEmpty ? nil : try key(of: request)
        if let wait = limiter.wait(for: key?.name ?? "") {
            var problem = Problem(.tooManyRequests, "Too many requests", "this key may make \(limiter.rate) requests a second")
            problem.retryAfterSeconds = wait
            throw problem
        }
        if let key, key.role != .admin, !roles.contains(key.role) {
            let needed = (roles + [.admin]).map(\.rawValue).joined(separator: " or ")
            throw Problem(.forbidden, "Forbidden", "key `\(key.name)` has the role \(key.role.rawValue); this needs \(needed)")
        }
    }

    private func key(of request: Request) throws(Problem) -> APIKey {
        guard let secret = presented(request) else {
            throw Problem(.unauthorized, "Unauthorized", "send an API key: `Authorization: Bearer KEY`")
        }
        guard let key = keys.first(where: { equalInConstantTime($0.secret, secret) }) else {
            throw Problem(.unauthorized, "Unauthorized", "this API key is not known; ask the operator for one of its keys")
        }
        return key
    }

    private func presented(_ request: Request) -> String? {
        if let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") {
            return String(header.dropFirst(7))
        }
        return HTTPField.Name("X-API-Key").flatMap { request.headers[$0] }
    }

    private func equalInConstantTime(_ a: String, _ b: String) -> Bool {
        guard a.utf8.count == b.utf8.count else { return false }
        return zip(a.utf8, b.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// A token bucket a key: `rate` requests a second, bursts of as many.
final class RateLimiter: Sendable {
    /// Requests a second; 0 lets all through.
    let rate: Int
    private let buckets = NIOLockedValueBox<[String: (tokens: Double, at: ContinuousClock.Instant)]>([:])

    init(rate: Int) { self.rate = rate }

    /// Seconds to wait, nil where the request may pass.
    func wait(for key: String) -> Int? {
        guard rate > 0 else { return nil }
        let now = ContinuousClock.now
        return buckets.withLockedValue { buckets in
            var bucket = buckets[key] ?? (Double(rate), now)
            bucket.tokens = min(Double(rate), bucket.tokens + (now - bucket.at) / .seconds(1) * Double(rate))
            bucket.at = now
            defer { buckets[key] = bucket }
            guard bucket.tokens >= 1 else { return 1 }
            bucket.tokens -= 1
            return nil
        }
    }
}
