import NIOConcurrencyHelpers

/// Counts and times answers; the members of the metrics are looked up once for each kind of answer.
final class RouteMetrics: Sendable {
    /// What answers are counted by.
    struct Kind: Hashable, Sendable {
        var method: String
        var route: String
        var code: Int
    }

    private struct Members: Sendable {
        var count: Metrics.Counter
        var duration: Metrics.Histogram
    }

    private let metrics: Metrics
    private let known = NIOLockedValueBox<[Kind: Members]>([:])

    init(_ metrics: Metrics) { self.metrics = metrics }

    func observe(_ kind: Kind, seconds: Double) {
        let members = known.withLockedValue { $0[kind] } ?? make(kind)
        members.count.add()
        members.duration.observe(seconds: seconds)
    }

    private func make(_ kind: Kind) -> Members {
        let made = Members(
            count: metrics.counter(
                "recs_http_requests_total", help: "HTTP requests answered, by route and status code.",
                labels: [("method", kind.method), ("route", kind.route), ("code", "\(kind.code)")]),
            duration: metrics.histogram(
                "recs_http_request_duration_seconds", help: "Time until the answer's head, by route.", labels: [("route", kind.route)]))
        known.withLockedValue { $0[kind] = made }
        return made
    }
}
