import Foundation
import NIOCore
import NIOPosix

/// Tries what a `recs` process will want of the network, within a bounded time. Answers are nil where it goes, else what was found.
enum NetworkProbe {
    private static let timeout = TimeAmount.seconds(3)
    /// ApiVersions, version 0, with correlation id 1 and client id `recs`: what every broker answers before anything else
    /// (kafka.apache.org/protocol, "ApiVersions API").
    private static let question: [UInt8] = [0, 0, 0, 14, 0, 18, 0, 0, 0, 0, 0, 1, 0, 4] + Array("recs".utf8)
    private static let questionID: Int32 = 1
    private static let headerByteCount = 8
    private static let answerByteCountMax = 4096

    /// Why nobody can listen at an address.
    enum PortProblem {
        case inUse, needsRights, hostIsElsewhere
        case other(String)
    }

    /// Asks a Kafka broker what it speaks.
    static func broker(host: String, port: Int) async -> String? {
        do {
            let answer = try await answer(to: ByteBuffer(bytes: question), host: host, port: port) { $0.readableBytes >= headerByteCount }
            let isBroker = answer.getInteger(at: 4, as: Int32.self) == questionID
            return isBroker ? nil : "what listens there does not answer as a Kafka broker"
        } catch {
            return words(for: error)
        }
    }

    /// True where a service of ours answers; it names itself as the server (RFC 9110 §10.2.4).
    static func isService(host: String, port: Int) async -> Bool {
        let question = ByteBuffer(string: "GET /healthz HTTP/1.1\r\nHost: recs\r\nConnection: close\r\n\r\n")
        let answer = try? await answer(to: question, host: host, port: port) { $0.readableBytes >= answerByteCountMax }
        return answer.map { String(buffer: $0).lowercased().contains("\r\nserver: recs\r\n") } ?? false
    }

    /// What is answered before the connection is closed, time is up, or it `isEnough`.
    private static func answer(
        to question: ByteBuffer, host: String, port: Int, isEnough: @Sendable (ByteBuffer) -> Bool
    ) async throws -> ByteBuffer {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(timeout)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        // Who has not answered by then is cut off, which ends the reading below.
        channel.channel.eventLoop.scheduleTask(in: timeout) { channel.channel.close(promise: nil) }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(question)
            var answer = ByteBuffer()
            for try await part in inbound {
                answer.writeImmutableBuffer(part)
                if isEnough(answer) { break }
            }
            return answer
        }
    }

    /// Listens at the address for a moment, as the API would.
    static func listener(host: String, port: Int) async -> PortProblem? {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port).get()
            try await channel.close()
            return nil
        } catch let error as IOError {
            switch error.errnoCode {
            case EADDRINUSE: return .inUse
            case EACCES: return .needsRights
            case EADDRNOTAVAIL: return .hostIsElsewhere
            default: return .other(String(cString: strerror(error.errnoCode)))
            }
        } catch is SocketAddressError {
            return .hostIsElsewhere
        } catch {
            return .other("\(error)")
        }
    }

    /// A connection's error, in a few words.
    static func words(for error: any Error) -> String {
        guard let failure = error as? NIOConnectionError else { return "no connection: \(error)" }
        guard let cause = failure.connectionErrors.first?.error else { return "no address is known for this host" }
        return "no connection: " + ((cause as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(cause)")
    }
}
