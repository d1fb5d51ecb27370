internal import Events
internal import Foundation

/// A topic's writer thread: takes what was submitted since the last commit and appends it in one transaction (group commit).
///
/// The queue is bounded by bytes; a part that does not fit is refused at once. Unchecked because the queue's fields are guarded by `condition`,
/// which the compiler cannot see; `appender` belongs to the thread.
final class TopicWriter: @unchecked Sendable {
    private static let commitByteCountMax = 16 << 20

    private let file: TopicFile
    private let queueByteCountMax: Int
    private let appender: TopicAppender
    private let condition = NSCondition()
    private var waiting: [AppendPart] = []
    private var waitingByteCount = 0
    private var isClosing = false
    private var hasEnded = false

    init(file: TopicFile, queueByteCountMax: Int, clock: @escaping @Sendable () -> Int64) {
        self.file = file
        self.queueByteCountMax = queueByteCountMax
        appender = TopicAppender(file: file, clock: clock)
        let thread = Thread { [self] in
            nameThread("log-\(file.topic.name)")
            run()
        }
        thread.start()
    }

    /// Queues the part; its ticket is answered at once where that is impossible, else after the commit. Each part has a wake of its own, so that
    /// none waits for what another caller's thread has to do first.
    func submit(_ part: AppendPart, wakingBy deferral: EmbeddedLog.Deferral) {
        let name = file.topic.name
        guard part.byteCount <= queueByteCountMax else {
            part.fail(LogError(.tooLarge, "\(part.byteCount) bytes for \(name) in one batch; at most \(queueByteCountMax) fit"))
            return
        }
        condition.lock()
        let fits = waitingByteCount + part.byteCount <= queueByteCountMax && !isClosing
        if fits {
            waiting.append(part)
            waitingByteCount += part.byteCount
        }
        condition.unlock()
        guard fits else {
            part.fail(LogError(.unavailable, "the queue of \(name) is full or the log is closing; try again later"))
            return
        }
        // Outside of the lock, on which the thread that it wakes would only sleep again.
        deferral { [condition] in condition.broadcast() }
    }

    /// Appends what is queued, then ends the thread; blocks until it has ended.
    func close() {
        condition.lock()
        isClosing = true
        condition.broadcast()
        while !hasEnded { condition.wait() }
        condition.unlock()
    }

    private func run() {
        while let parts = take() {
            switch appender.append(parts) {
            case .success(let offsets):
                file.signal.notify()
                for (part, offsets) in zip(parts, offsets) { part.succeed(topic: file.topic, offsets: offsets) }
            case .failure(let error):
                for part in parts { part.fail(error) }
            }
        }
        condition.lock()
        hasEnded = true
        condition.broadcast()
        condition.unlock()
    }

    /// What one commit shall append; nil at the end.
    private func take() -> [AppendPart]? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty {
            if isClosing { return nil }
            condition.wait()
        }
        var count = 0
        var byteCount = 0
        repeat {
            byteCount += waiting[count].byteCount
            count += 1
        } while count < waiting.count && byteCount + waiting[count].byteCount <= TopicWriter.commitByteCountMax
        let taken = Array(waiting[..<count])
        waiting.removeFirst(count)
        waitingByteCount -= byteCount
        return taken
    }
}
