internal import Dispatch
internal import NIOConcurrencyHelpers

/// Reads the feature store for requests: all that wait at a time share one pipeline, on a thread that blocks in their stead.
///
/// The queue is bounded: what does not fit is refused at once (`unavailable`), and so is everything while Redis cannot be reached.
/// A read that met a connection that Redis had closed meanwhile is tried once more on a new one. In a cluster each command goes to the
/// master of its slot, all masters at a time; a read fails only where a master that it needs does, and is tried once more by a new map.
package final class StoreReader: Sendable {
    package struct Counts: Sendable, Equatable {
        /// Reads answered, pipelines they shared, and reads refused because the queue was full or they had waited too long.
        package var reads = 0
        package var flushes = 0
        package var refused = 0
        /// Reads waiting now.
        package var waiting = 0
    }

    /// A member of a sorted set.
    package struct ScoredMember: Sendable, Equatable {
        package var member: [UInt8]
        package var score: Int64
    }

    /// Does a piece of work soon, on a thread that does not wait for it: all reads that are asked for until then share a pipeline.
    package typealias Deferral = @Sendable (_ work: @escaping @Sendable () -> Void) -> Void

    /// A command that answers a list of texts, of keys of one slot.
    enum Command: Sendable {
        case values(ArraySlice<[UInt8]>)
        case highest([UInt8], countMax: Int)
    }

    /// By command.
    private typealias Answer = Result<[[[UInt8]?]], StoreError>

    private struct Request: Sendable {
        var deadline: ContinuousClock.Instant
        var commands: [Command]
        var finish: @Sendable (Answer) -> Void
    }

    private struct State {
        var queue: [Request] = []
        var counts = Counts()
        var isStopped = false
    }

    /// Requests put into one pipeline.
    private static let requestsPerPipeline = 1024

    private let state = NIOLockedValueBox(State())
    private let wake = DispatchSemaphore(value: 0)
    private let thread = NIOLockedValueBox<BlockingThread?>(nil)
    private let route: StoreRoute
    private let queueCountMax: Int
    private let timeoutMilliseconds: Int
    private let deferral: Deferral

    /// Starts the thread; it connects with the first read. A read is answered or refused within about twice the timeout.
    /// - Parameter deferral: says when the thread is woken for a read.
    package init(
        _ route: StoreRoute, queueCountMax: Int = 4096, timeoutMilliseconds: Int = 1000, deferral: @escaping Deferral = { $0() }
    ) {
        self.route = route
        self.queueCountMax = queueCountMax
        self.timeoutMilliseconds = timeoutMilliseconds
        self.deferral = deferral
        thread.withLockedValue { $0 = BlockingThread("recs-store-reader") { self.run() } }
    }

    package var counts: Counts {
        state.withLockedValue { state in
            var counts = state.counts
            counts.waiting = state.queue.count
            return counts
        }
    }

    /// Refuses what waits and ends the thread. Until then the thread keeps the reader alive.
    package func stop() {
        state.withLockedValue { $0.isStopped = true }
        wake.signal()
        thread.withLockedValue { $0 }?.join()
    }

    /// The values of the keys in their order, nil for those that are absent.
    package func read(_ keys: [[UInt8]]) async throws(StoreError) -> [[UInt8]?] {
        if keys.isEmpty { return [] }
        let values = try await perform(StoreReader.neighboursOfOneSlot(keys).map { .values(keys[$0]) }).flatMap { $0 }
        guard values.count == keys.count else { throw StoreError(.protocolError, "Redis answered MGET with another number of values") }
        return values
    }

    /// The members of highest score of sorted sets together, highest first, at most `countMax`: of the recently active viewers, say.
    package func highest(_ sets: [[UInt8]], countMax: Int) async throws(StoreError) -> [ScoredMember] {
        if sets.isEmpty || countMax <= 0 { return [] }
        var found: [ScoredMember] = []
        for list in try await perform(sets.map { .highest($0, countMax: countMax) }) {
            let texts = list.compactMap { $0 }
            for index in stride(from: 0, to: texts.count - 1, by: 2) {
                found.append(ScoredMember(member: texts[index], score: score(texts[index + 1])))
            }
        }
        return Array(found.sorted { $0.score > $1.score }.prefix(countMax))
    }

    private func perform(_ commands: [Command]) async throws(StoreError) -> [[[UInt8]?]] {
        let answer = await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
            let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
            let request = Request(deadline: deadline, commands: commands) { continuation.resume(returning: $0) }
            if let refusal = enqueue(request) { continuation.resume(returning: .failure(refusal)) }
        }
        return try answer.get()
    }

    /// Returns why the request is refused, nil where it waits. Each has a wake of its own, so that none waits for what another caller's thread
    /// has to do first; one too many finds nothing to do.
    private func enqueue(_ request: Request) -> StoreError? {
        let refusal = state.withLockedValue { state -> StoreError? in
            if state.isStopped { return StoreError(.unavailable, "the feature store's reader has stopped") }
            if state.queue.count >= queueCountMax {
                state.counts.refused += 1
                return StoreError(.unavailable, "\(queueCountMax) reads wait for Redis already: try again later")
            }
            state.queue.append(request)
            return nil
        }
        if refusal == nil { deferral { self.wake.signal() } }
        return refusal
    }

    private func run() {
        var connection = Reconnection(route.server, timeoutMilliseconds: timeoutMilliseconds)
        while true {
            wake.wait()
            while true {
                let (requests, isStopped) = takeRequests()
                if isStopped {
                    for request in requests { request.finish(.failure(StoreError(.unavailable, "the feature store's reader is stopping"))) }
                    if requests.isEmpty { return }
                } else if requests.isEmpty {
                    break
                } else {
                    answer(requests, over: &connection)
                }
            }
        }
    }

    private func takeRequests() -> (requests: [Request], isStopped: Bool) {
        state.withLockedValue { state in
            let taken = Array(state.queue.prefix(StoreReader.requestsPerPipeline))
            state.queue.removeFirst(taken.count)
            return (taken, state.isStopped)
        }
    }

    private func answer(_ requests: [Request], over connection: inout Reconnection) {
        let now = ContinuousClock.now
        let late = requests.filter { $0.deadline < now }
        let timely = late.isEmpty ? requests : requests.filter { $0.deadline >= now }
        for request in late {
            request.finish(.failure(StoreError(.unavailable, "Redis did not come to this read within \(timeoutMilliseconds) ms")))
        }
        state.withLockedValue { $0.counts.refused += late.count }
        if timely.isEmpty { return }
        let wasOpen = connection.isOpen
        var answers = exchange(timely, over: &connection)
        let again = timely.indices.filter { if case .failure(let failure) = answers[$0] { failure.kind == .unavailable } else { false } }
        if wasOpen && !again.isEmpty {
            for (index, answer) in zip(again, exchange(again.map { timely[$0] }, over: &connection)) { answers[index] = answer }
        }
        for (request, answer) in zip(timely, answers) { request.finish(answer) }
    }

    /// One round trip to every node that the requests need.
    private func exchange(_ requests: [Request], over connection: inout Reconnection) -> [Answer] {
        let nodes: StoreNodes
        do { nodes = try connection.openAny() } catch { return requests.map { _ in .failure(error) } }
        let places = requests.map { request in
            Result { () throws(StoreError) in
                try request.commands.map { (command) throws(StoreError) in
                    let (pipeline, place) = try nodes.next(slot: command.slot)
                    command.append(to: &pipeline.commands)
                    try pipeline.sendIfLarge()
                    return place
                }
            }
        }
        let failures = nodes.exchangeEach()
        let lists = zip(requests, places).map { request, places in
            Result { () throws(StoreError) in
                try zip(request.commands, places.get()).map { (command, place) throws(StoreError) -> [[UInt8]?]? in
                    if let failure = failures[place.node] { throw failure }
                    if nodes.isMoving(place) { return nil }
                    if let failure = nodes.failure(place) { throw failure }
                    return try nodes.replies(place).texts(place.index)
                }
            }
        }
        let readCount = lists.reduce(0) { count, list in if case .success = list { count + 1 } else { count } }
        state.withLockedValue { state in
            state.counts.flushes += readCount > 0 ? 1 : 0
            state.counts.reads += readCount
        }
        return zip(requests, lists).map { request, lists in
            Result { () throws(StoreError) in
                try zip(request.commands, lists.get()).map { (command, list) throws(StoreError) in
                    if let list { list } else { try command.follow(nodes) }
                }
            }
        }
    }

    /// Runs of neighbouring keys that share a slot tag, so that one command may read them in a cluster as well.
    static func neighboursOfOneSlot(_ keys: [[UInt8]]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var last: [UInt8]?
        for (index, key) in keys.enumerated() {
            let tag = key.withUnsafeBytes { [UInt8](StoreRoute.tag(of: $0)) }
            if tag == last, let group = groups.popLast() {
                groups.append(group.lowerBound..<index + 1)
            } else {
                groups.append(index..<index + 1)
            }
            last = tag
        }
        return groups
    }
}

extension StoreReader.Command {
    fileprivate var slot: UInt16 {
        switch self {
        case .values(let keys): keys.first.map { StoreRoute.slot(of: $0) } ?? 0
        case .highest(let key, _): StoreRoute.slot(of: key)
        }
    }

    fileprivate func append(to commands: inout CommandBuffer) {
        switch self {
        case .values(let keys):
            commands.command("MGET", argumentCount: keys.count)
            for key in keys { commands.argument(key) }
        case .highest(let key, let countMax):
            commands.command("ZRANGE", argumentCount: 5)
            commands.argument(key)
            commands.argument(Int64(0))
            commands.argument(Int64(countMax - 1))
            commands.argument("REV")
            commands.argument("WITHSCORES")
        }
    }

    /// The answer key by key, while the slot moves.
    fileprivate func follow(_ nodes: StoreNodes) throws(StoreError) -> [[UInt8]?] {
        switch self {
        case .values(let keys):
            var values = [[UInt8]?](repeating: nil, count: keys.count)
            try nodes.follow(keys.map { .get($0) }) { (key, replies, index) throws(StoreError) in
                if let failure = replies.failure(index) { throw failure }
                let root = replies.root(index)
                if root.kind == .text { values[key] = replies.text(root) }
            }
            return values
        case .highest:
            var texts: [[UInt8]?] = []
            try nodes.follow([KeyCommand(slot: slot, append(to:))]) { (_, replies, index) throws(StoreError) in
                texts = try replies.texts(index)
            }
            return texts
        }
    }
}

/// A score as Redis prints it; ours are integers below 2^53.
func score(_ text: [UInt8]) -> Int64 { Double(String(decoding: text, as: UTF8.self)).flatMap { Int64(exactly: $0) } ?? 0 }
