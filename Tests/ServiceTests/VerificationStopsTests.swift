import Features
import Testing

@testable import Service

@Suite struct VerificationStopsTests {
    private func check(_ user: String, _ partition: Int32, _ offset: Int64) -> VerificationCheck {
        VerificationCheck(partition: partition, offset: offset, subject: .user(user, key: []), value: [])
    }

    private func names(_ checks: [VerificationCheck]) -> Set<String> {
        Set(checks.map { if case .user(let user, _) = $0.subject { user } else { "" } })
    }

    @Test func eachIsComparedAtItsOwnOffsetAndNowhereElse() {
        var stops = VerificationStops([check("a", 0, 9), check("b", 0, 4), check("c", 1, 7), check("d", 0, 4)], reached: [:])
        var taken: [(next: [Int32: Int64], names: Set<String>)] = []
        while !stops.next.isEmpty {
            let next = stops.next
            taken.append((next, names(stops.take(at: next))))
        }
        #expect(taken.map(\.next) == [[0: 4, 1: 7], [0: 9]])
        #expect(taken.map(\.names) == [["b", "c", "d"], ["a"]])
        #expect(stops.left.isEmpty)
    }

    @Test func whatTheReplayHasPassedIsLeftAndSoIsWhatWasNotTaken() {
        var stops = VerificationStops([check("a", 0, 9), check("b", 0, 4), check("c", 0, 5), check("d", 1, 2)], reached: [0: 5])
        #expect(stops.next == [0: 5, 1: 2])
        let taken = stops.take(at: [0: 5, 1: 2])
        #expect(names(taken) == ["c", "d"])
        #expect(names(stops.left) == ["a", "b"])
    }
}
