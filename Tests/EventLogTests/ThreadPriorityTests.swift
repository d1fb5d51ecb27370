import Foundation
import Testing

@testable import EventLog

@Suite struct ThreadPriorityTests {
    @Test func aThreadGivesWayAndNoOtherOneDoes() async {
        let before = niceness()
        let lowered = await withCheckedContinuation { continuation in
            Thread {
                lowerThreadPriority()
                continuation.resume(returning: niceness())
            }.start()
        }
        let other = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: niceness()) }.start()
        }
        #expect(lowered == max(before, 10))
        #expect(other == before)
    }
}

/// Of the calling thread.
private func niceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
