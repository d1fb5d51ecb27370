internal import CHiredis
internal import Glibc

/// A blocking connection to Redis: commands are collected, sent in a few large writes, and their replies read together. Owned by one
/// thread.
///
/// The handle is freed in `deinit`. After a failure the connection is broken for good: whoever needs another makes one.
/// hiredis connects and parses; it hands texts straight to `replies` through its reply-object functions, so that no reply is allocated.
/// We send ourselves: hiredis 0.14 writes with `write(2)`, which would end the process by SIGPIPE when the server has gone.
final class Pipeline {
    private static let bytesToSend = 65_536

    let address: StoreAddress
    var commands = CommandBuffer()
    let replies = ReplyBuffer()
    private(set) var isBroken = false
    private let context: UnsafeMutablePointer<redisContext>
    private let timeoutMilliseconds: Int
    private var pendingCount = 0

    /// Connects, authenticates and selects the database. The timeout holds for connecting, for every send and for every wait for bytes.
    init(_ address: StoreAddress, timeoutMilliseconds: Int) throws(StoreError) {
        self.address = address
        self.timeoutMilliseconds = timeoutMilliseconds
        let limit = timeval(tv_sec: timeoutMilliseconds / 1000, tv_usec: timeoutMilliseconds % 1000 * 1000)
        let made =
            switch address.endpoint {
            case .unix(let path): redisConnectUnixWithTimeout(path, limit)
            case .tcp(let host, let port): redisConnectWithTimeout(host, port, limit)
            case .cluster: preconditionFailure("a pipeline leads to one server")
            }
        guard let made else { throw StoreError(.unavailable, "no memory for a connection to \(address)") }
        context = made
        guard context.pointee.err == 0, redisSetTimeout(context, limit) == REDIS_OK else { throw failure("connect to") }
        _ = fcntl(context.pointee.fd, F_SETFD, FD_CLOEXEC)
        context.pointee.reader.pointee.fn = replyFunctions.table
        // Unretained: `replies` lives as long as self, and self frees the reader that holds the pointer.
        context.pointee.reader.pointee.privdata = Unmanaged.passUnretained(replies).toOpaque()
        try greet()
    }

    deinit { redisFree(context) }

    /// The index that the reply to the next command will have.
    var replyCount: Int { pendingCount + commands.count }

    /// Sends what has been collected if it is a good-sized piece, so that Redis works while we collect more.
    func sendIfLarge() throws(StoreError) {
        if commands.bytes.count >= Pipeline.bytesToSend { try send() }
    }

    /// Sends what has been collected and reads one reply for every command since the last exchange into `replies`.
    func exchange() throws(StoreError) {
        try send()
        replies.removeAll()
        while pendingCount > 0 {
            replies.beginReply()
            var reply: UnsafeMutableRawPointer?
            guard redisGetReply(context, &reply) == REDIS_OK else { throw failure("read from") }
            pendingCount -= 1
        }
    }

    /// As `exchange`, where a complaint of Redis about any of the commands is an error.
    func exchangeAll() throws(StoreError) {
        try exchange()
        for index in replies.roots.indices {
            if let failure = replies.failure(index) { throw failure }
        }
    }

    /// Sends what has been collected.
    func send() throws(StoreError) {
        guard !isBroken else { throw StoreError(.unavailable, "the connection to \(address) is broken") }
        pendingCount += commands.count
        let descriptor = context.pointee.fd
        let isSent = commands.bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.send(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count < 0 && errno == EINTR { continue }
                if count < 0 { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
        commands.removeAll()
        if !isSent { throw systemFailure("write to", errno) }
    }

    private func greet() throws(StoreError) {
        if let password = address.password {
            commands.command("AUTH", argumentCount: address.user == nil ? 1 : 2)
            if let user = address.user { commands.argument(Array(user.utf8)) }
            commands.argument(Array(password.utf8))
        }
        if address.database != 0 {
            commands.command("SELECT", argumentCount: 1)
            commands.argument(Int64(address.database))
        }
        commands.command("PING", argumentCount: 0)
        try exchangeAll()
    }

    /// hiredis' error, read before anything else can change it; the connection is broken from here on.
    private func failure(_ doing: String) -> StoreError {
        let code = errno
        isBroken = true
        if context.pointee.err == REDIS_ERR_IO { return systemFailure(doing, code) }
        let text = withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let kind: StoreError.Kind = context.pointee.err == REDIS_ERR_PROTOCOL ? .protocolError : .unavailable
        return StoreError(kind, "cannot \(doing) Redis at \(address): \(text)")
    }

    private func systemFailure(_ doing: String, _ code: Int32) -> StoreError {
        isBroken = true
        let text = code == EAGAIN ? "no answer within \(timeoutMilliseconds) ms" : String(cString: strerror(code))
        return StoreError(.unavailable, "cannot \(doing) Redis at \(address): \(text)")
    }
}

/// hiredis' table of functions that make reply objects; ours append to the `ReplyBuffer` of the reader. Made once, never freed.
private let replyFunctions = ReplyFunctions()

private struct ReplyFunctions: @unchecked Sendable {
    let table: UnsafeMutablePointer<redisReplyObjectFunctions>

    init() {
        table = .allocate(capacity: 1)
        table.initialize(
            to: redisReplyObjectFunctions(
                createString: appendText, createArray: appendArray, createInteger: appendInteger, createNil: appendMissing, freeObject: nil)
        )
    }
}

/// hiredis only asks whether an object is null.
private var someObject: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

private func buffer(_ task: UnsafePointer<redisReadTask>?) -> ReplyBuffer {
    Unmanaged<ReplyBuffer>.fromOpaque(task!.pointee.privdata).takeUnretainedValue()
}

private func appendText(_ task: UnsafePointer<redisReadTask>?, _ text: UnsafeMutablePointer<CChar>?, _ count: Int)
    -> UnsafeMutableRawPointer?
{
    let kind: ReplyBuffer.Kind = task!.pointee.type == REDIS_REPLY_ERROR ? .error : .text
    buffer(task).append(kind, text: UnsafeRawBufferPointer(start: text, count: count))
    return someObject
}

private func appendArray(_ task: UnsafePointer<redisReadTask>?, _ count: Int32) -> UnsafeMutableRawPointer? {
    buffer(task).append(.array, count: Int(count))
    return someObject
}

private func appendInteger(_ task: UnsafePointer<redisReadTask>?, _ value: Int64) -> UnsafeMutableRawPointer? {
    buffer(task).append(.integer, value: Int(value))
    return someObject
}

private func appendMissing(_ task: UnsafePointer<redisReadTask>?) -> UnsafeMutableRawPointer? {
    buffer(task).append(.missing)
    return someObject
}
