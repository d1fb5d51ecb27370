import AsyncHTTPClient
import NIOCore

/// The events of a stream under way, in batches as they arrive; ends with the connection. Leaving the loop closes it.
package struct ServerSentEvents: AsyncSequence, Sendable {
    package typealias Element = [ServerSentEvent]
    let body: HTTPClientResponse.Body
    let baseURL: String

    package func makeAsyncIterator() -> Iterator { Iterator(parts: body.makeAsyncIterator(), baseURL: baseURL) }

    /// Reads part after part of the answer, until one completes an event.
    package struct Iterator: AsyncIteratorProtocol {
        var parts: HTTPClientResponse.Body.AsyncIterator
        let baseURL: String
        var parser = SSEParser()

        @concurrent package mutating func next() async throws -> [ServerSentEvent]? {
            while let part = try await nextPart() {
                let events = try parser.parse(part.readableBytesView)
                if !events.isEmpty { return events }
            }
            return nil
        }

        /// Concurrent as the iterator below it is.
        @concurrent private mutating func nextPart() async throws -> ByteBuffer? {
            do {
                return try await parts.next()
            } catch {
                throw RecsClient.error(error, at: baseURL)
            }
        }
    }
}
