internal import Dispatch
package import Features
internal import NIOConcurrencyHelpers

/// A signal as read from its session's stream.
package struct StoredSignal: Sendable, Equatable {
    package let id: SignalID
    package let payload: [UInt8]
}

/// Where a subscriber begins.
package enum SignalStart: Sendable {
    /// With what comes after the subscription took hold.
    case now
    /// After the signal of that id (`Last-Event-ID`); `.beginning` for all that are kept.
    case after(SignalID)
}

/// Hands new signals to whoever listens to their session: one thread and one connection for all of them (`XREAD BLOCK`), or one to each
/// master of a cluster, which is asked again and again, as no command waits for streams of several slots.
///
/// A new subscriber is heard within about 50 ms, the time for which the thread waits in Redis. Each subscriber has a buffer of
/// `bufferedCountMax`: who reads too slowly loses the oldest. When the connection breaks, the feed resumes after the last ids it read.
package final class SignalFeed: Sendable {
    package static let bufferedCountMax = 64
    private static let blockMilliseconds: Int64 = 50
    private static let askAgainMilliseconds = 20

    typealias Continuation = AsyncStream<StoredSignal>.Continuation

    private struct State {
        var board = SubscriptionBoard<Continuation>()
        var isStopped = false
    }

    private let state = NIOLockedValueBox(State())
    private let wake = DispatchSemaphore(value: 0)
    private let thread = NIOLockedValueBox<BlockingThread?>(nil)
    private let route: StoreRoute
    private let keys: Keys
    private let subscriberCountMax: Int

    /// Starts the thread; it connects with the first subscriber.
    package init(_ route: StoreRoute, keys: Keys, subscriberCountMax: Int = 1000) {
        self.route = route
        self.keys = keys
        self.subscriberCountMax = subscriberCountMax
        thread.withLockedValue { $0 = BlockingThread("recs-signal-feed") { self.run() } }
    }

    package var subscriberCount: Int { state.withLockedValue { $0.board.count } }

    /// Subscribers that begin now and whose place has not been found yet.
    var unplacedCount: Int { state.withLockedValue { $0.board.withoutPlace().count } }

    /// Ends all subscriptions and the thread. Until then the thread keeps the feed alive.
    package func stop() {
        let ended = state.withLockedValue { state in
            state.isStopped = true
            return state.board.removeAll()
        }
        for continuation in ended { continuation.finish() }
        wake.signal()
        thread.withLockedValue { $0 }?.join()
    }

    /// The signals of a session from `start` on, until the reader leaves or the feed stops. Throws `unavailable` where there are too many
    /// subscribers.
    package func subscribe(_ session: SessionID, from start: SignalStart) throws(StoreError) -> AsyncStream<StoredSignal> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: StoredSignal.self, bufferingPolicy: .bufferingNewest(SignalFeed.bufferedCountMax))
        let number = state.withLockedValue { state -> Int? in
            guard !state.isStopped, state.board.count < subscriberCountMax else { return nil }
            return state.board.add(continuation, key: keys.signals(session: session), start: start)
        }
        guard let number else {
            throw StoreError(.unavailable, "no more than \(subscriberCountMax) subscribers of signals are served here: try again later")
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLockedValue { $0.board.remove(number) } }
        wake.signal()
        return stream
    }

    private func run() {
        var connection = Reconnection(route.server, timeoutMilliseconds: 5000)
        while true {
            let (isStopped, isIdle) = state.withLockedValue { ($0.isStopped, $0.board.count == 0) }
            if isStopped { return }
            if isIdle {
                wake.wait()
                continue
            }
            do {
                let nodes = try connection.open()
                try findStarts(nodes)
                try deliverNext(nodes)
                if nodes.map.isCluster { _ = wake.wait(timeout: .now() + .milliseconds(SignalFeed.askAgainMilliseconds)) }
            } catch {
                // Subscribers keep their places while Redis is away; the wait ends early when the feed stops or gains a subscriber.
                _ = wake.wait(timeout: .now() + .milliseconds(max(1, connection.millisecondsToWait)))
            }
        }
    }

    /// Gives subscribers that begin now the id of their stream's last signal as their place.
    private func findStarts(_ nodes: StoreNodes) throws(StoreError) {
        let open = state.withLockedValue { $0.board.withoutPlace() }
        if open.isEmpty { return }
        let commands = open.map { subscriber in
            KeyCommand(key: subscriber.key) { commands in
                commands.command("XREVRANGE", argumentCount: 5)
                commands.argument(subscriber.key)
                commands.argument("+")
                commands.argument("-")
                commands.argument("COUNT")
                commands.argument(Int64(1))
            }
        }
        try nodes.follow(commands) { (index, replies, reply) throws(StoreError) in
            if let failure = replies.failure(reply) { throw failure }
            var reader = EntryReader(replies, at: replies.roots[reply])
            let place = reader.entries().last?.id ?? .beginning
            state.withLockedValue { $0.board.setPlace(open[index].number, place) }
        }
    }

    private func deliverNext(_ nodes: StoreNodes) throws(StoreError) {
        let streams = state.withLockedValue { $0.board.lowestPlaces() }
        if streams.isEmpty { return }
        let starts = Dictionary(uniqueKeysWithValues: streams.map { ($0.key, $0.place) })
        let commands =
            nodes.map.isCluster
            ? streams.map { stream in KeyCommand(key: stream.key) { SignalFeed.appendRead([stream], isBlocking: false, to: &$0) } }
            : [KeyCommand(slot: 0) { SignalFeed.appendRead(streams, isBlocking: true, to: &$0) }]
        try nodes.follow(commands) { (_, replies, reply) throws(StoreError) in
            if let failure = replies.failure(reply) { throw failure }
            guard replies.root(reply).kind == .array else { return }
            var reader = EntryReader(replies, at: replies.roots[reply] + 1)
            for _ in 0..<replies.root(reply).count {
                let (key, signals) = reader.stream()
                let start = starts[key] ?? .beginning
                let handovers = state.withLockedValue { $0.board.advance(key: key, from: start, over: signals) }
                for (continuation, signals) in handovers {
                    for signal in signals { continuation.yield(signal) }
                }
            }
        }
    }

    private static func appendRead(
        _ streams: [(key: [UInt8], place: SignalID)], isBlocking: Bool, to commands: inout CommandBuffer
    ) {
        commands.command("XREAD", argumentCount: (isBlocking ? 5 : 3) + streams.count * 2)
        commands.argument("COUNT")
        commands.argument(Int64(SignalFeed.bufferedCountMax))
        if isBlocking {
            commands.argument("BLOCK")
            commands.argument(SignalFeed.blockMilliseconds)
        }
        commands.argument("STREAMS")
        for stream in streams { commands.argument(stream.key) }
        for stream in streams { commands.argument(Array(stream.place.description.utf8)) }
    }
}

/// Reads stream entries out of flat replies: an entry is an array of its id and an array of field and value.
private struct EntryReader {
    private var cursor: ReplyCursor

    init(_ replies: ReplyBuffer, at place: Int) { cursor = ReplyCursor(replies, at: place) }

    /// A stream's key and entries (an array of the two).
    mutating func stream() -> (key: [UInt8], signals: [StoredSignal]) {
        _ = cursor.next()
        return (cursor.bytes(), entries())
    }

    /// An array of entries; fields other than ours are passed over.
    mutating func entries() -> [StoredSignal] {
        var signals: [StoredSignal] = []
        for _ in 0..<cursor.next().count {
            _ = cursor.next()
            let id = SignalID(cursor.text())
            var payload: [UInt8]?
            for _ in 0..<cursor.next().count / 2 {
                let isOurs = cursor.text() == "d"
                let value = cursor.bytes()
                if isOurs { payload = value }
            }
            if let id, let payload { signals.append(StoredSignal(id: id, payload: payload)) }
        }
        return signals
    }
}
