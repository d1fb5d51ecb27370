import Foundation
import Glibc
import Synchronization

/// Places in a commit, and between the steps of a repartition, where a test ends the process, as a power cut would: `RECS_FAILPOINT=after_users:3` kills it when the third commit
/// has come there. Without the variable nothing happens.
enum Failpoint: String, CaseIterable {
    case afterUsers = "after_users"
    case afterEmission = "after_emission"
    case afterTitles = "after_titles"
    case afterMarkers = "after_markers"
    case afterRewrite = "after_rewrite"
    case afterRebuild = "after_rebuild"
    case afterDecision = "after_decision"
    case afterOldLogMoved = "after_old_log_moved"
    case afterNewLogMoved = "after_new_log_moved"
    case afterServingMoved = "after_serving_moved"

    private static let armed: (point: Failpoint, count: Int)? = {
        guard let text = ProcessInfo.processInfo.environment["RECS_FAILPOINT"] else { return nil }
        let parts = text.split(separator: ":")
        guard parts.count == 2, let point = Failpoint(rawValue: String(parts[0])), let count = Int(parts[1]), count > 0 else { return nil }
        return (point, count)
    }()
    private static let passes = Atomic<Int>(0)

    /// A commit passes only where it has written something.
    func pass() {
        guard let armed = Failpoint.armed, armed.point == self else { return }
        if Failpoint.passes.add(1, ordering: .relaxed).newValue == armed.count { kill(getpid(), SIGKILL) }
    }
}
