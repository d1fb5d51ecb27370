internal import Dispatch
internal import NIOConcurrencyHelpers

/// Collects the outcomes of one append call; completes once when all its records are answered.
final class AppendTicket: Sendable {
    private struct State {
        var outcomes: [AppendOutcome]
        var missingCount: Int
    }

    private let state: NIOLockedValueBox<State>
    private let completion: @Sendable ([AppendOutcome]) -> Void

    /// - Parameter completion: called once, on the thread that gives the last answer (at once for an empty batch).
    init(recordCount: Int, completion: @escaping @Sendable ([AppendOutcome]) -> Void) {
        let unanswered = AppendOutcome.failed(LogError(.unavailable, "the record was not answered"))
        state = NIOLockedValueBox(State(outcomes: Array(repeating: unanswered, count: recordCount), missingCount: recordCount))
        self.completion = completion
        if recordCount == 0 { completion([]) }
    }

    /// Answers the records that `answer` writes into the outcomes; `count` of them, none answered before.
    func answer(count: Int, _ answer: (inout [AppendOutcome]) -> Void) {
        let outcomes: [AppendOutcome]? = state.withLockedValue { state in
            answer(&state.outcomes)
            state.missingCount -= count
            precondition(state.missingCount >= 0, "a record was answered twice")
            guard state.missingCount == 0 else { return nil }
            defer { state.outcomes = [] }
            return state.outcomes
        }
        if let outcomes, count > 0 { completion(outcomes) }
    }

    /// Answers the records at `indices` with one failure.
    func fail(_ indices: [Int32], _ error: LogError) {
        answer(count: indices.count) { outcomes in
            for index in indices { outcomes[Int(index)] = .failed(error) }
        }
    }

    /// Starts an append and blocks the calling thread until it is answered.
    static func waitBlocking(_ start: (@escaping @Sendable ([AppendOutcome]) -> Void) -> Void) -> [AppendOutcome] {
        let answered = DispatchSemaphore(value: 0)
        let outcomes = NIOLockedValueBox<[AppendOutcome]>([])
        start { given in
            outcomes.withLockedValue { $0 = given }
            answered.signal()
        }
        answered.wait()
        return outcomes.withLockedValue { $0 }
    }
}
