import Foundation
import Testing

@testable import Service

@Suite struct ProcessTimesTests {
    /// In a process of its own, where nobody else allocates.
    @Test func freeMemoryGoesBackToTheSystem() async {
        await #expect(processExitsWith: .success) { await freeAndGiveBack() }
    }
}

/// What is freed in front of a block that lives on stays with the allocator until it is told to give it back.
private func freeAndGiveBack() async {
    let blocks = (0..<400_000).map { _ in malloc(512) }
    for case let block? in blocks { memset(block, 1, 512) }
    let last = malloc(512)
    for block in blocks { free(block) }
    let before = ProcessTimes.residentByteCount
    ProcessTimes.giveBackFreeMemory()
    let after = ProcessTimes.residentByteCount
    free(last)
    precondition(before > 200 << 20 && before - after > 150 << 20, "\(before) bytes held before, \(after) after")
}
