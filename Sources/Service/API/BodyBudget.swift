import Synchronization

/// Bytes of event bodies that are in memory at a time: beyond the bound the gateway sheds (503). While an event waits for the log, its body
/// counts, so that a log that is slow or flooded with events fills no memory.
final class BodyBudget: Sendable {
    private let underWay = Synchronization.Atomic<Int>(0)
    private let byteCountMax: Int
    private let gauge: Metrics.Gauge

    /// - Parameter byteCountMax: of all bodies together; one alone is let in however large.
    init(byteCountMax: Int, metrics: Metrics) {
        self.byteCountMax = byteCountMax
        gauge = metrics.gauge(
            "recs_gateway_body_bytes", help: "Bytes of event bodies under way; beyond a bound posts are answered with 503.")
    }

    /// Adds so many bytes to a body of which `own` are in already; false, and nothing is added, where they do not fit now.
    func take(_ byteCount: Int, own: Int = 0) -> Bool {
        let (before, after) = underWay.add(byteCount, ordering: .relaxed)
        guard before == own || after <= byteCountMax else {
            underWay.subtract(byteCount, ordering: .relaxed)
            return false
        }
        gauge.set(Double(after))
        return true
    }

    /// Takes away what was added.
    func giveBack(_ byteCount: Int) {
        let (_, after) = underWay.subtract(byteCount, ordering: .relaxed)
        gauge.set(Double(after))
    }
}
