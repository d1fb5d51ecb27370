import Testing

@testable import FeatureStore

@Suite struct SubscriptionBoardTests {
    private let key = Array("stream".utf8)

    private func signals(_ offsets: ClosedRange<Int64>) -> [StoredSignal] {
        offsets.map { StoredSignal(id: SignalID(offset: $0), payload: []) }
    }

    @Test func listenerFurtherBackThanTheReadGetsNothingOfIt() {
        var board = SubscriptionBoard<Int>()
        _ = board.add(1, key: key, start: .after(SignalID(offset: 5)))
        // Joins while the stream is read from 5 on.
        _ = board.add(2, key: key, start: .after(SignalID(offset: 2)))
        let first = board.advance(key: key, from: SignalID(offset: 5), over: signals(6...7))
        #expect(first.map(\.0) == [1])
        #expect(board.lowestPlaces().map(\.place) == [SignalID(offset: 2)])
        let second = board.advance(key: key, from: SignalID(offset: 2), over: signals(3...8))
        #expect(second.map(\.0) == [1, 2])
        #expect(second.map { $0.1.map(\.id) } == [signals(8...8).map(\.id), signals(3...8).map(\.id)])
    }
}
