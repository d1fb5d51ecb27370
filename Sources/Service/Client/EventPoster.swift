import Foundation
import NIOCore

/// Posts NDJSON batches of events, a few at a time. A batch that the service could not take (503, or a lost connection) is sent again
/// with the same bytes: the event ids make that safe. With more than one batch in flight, events of a viewer may change order.
package struct EventPoster: Sendable {
    package static let eventCountPerBatch = 500
    private static let attemptCountMax = 60
    private static let retrySecondsMax = 30

    /// What became of the events.
    package struct Counts: Sendable, Equatable {
        package var accepted = 0
        package var refused = 0
        /// Batches sent again.
        package var retries = 0
        /// Why the first refused event was refused.
        package var firstRefusal: String?

        mutating func add(_ other: Counts) {
            accepted += other.accepted
            refused += other.refused
            retries += other.retries
            firstRefusal = firstRefusal ?? other.firstRefusal
        }
    }

    /// How many events were taken, which begins the service's answer.
    private struct Tally: Decodable {
        var accepted: Int
        var refused: Int
    }

    /// What follows, read only where an event was refused.
    private struct Verdicts: Decodable {
        struct Verdict: Decodable {
            var status: String
            var errors: [Fault]?
        }
        struct Fault: Decodable {
            var path: String
            var message: String
        }
        var events: [Verdict]

        var firstRefusal: String? {
            events.first { $0.status == "refused" }?.errors?.first.map { "\($0.path): \($0.message)" }
        }
    }

    private let client: RecsClient
    private let inFlightMax: Int
    private let eventsPerSecondMax: Double?

    /// `eventsPerSecondMax` nil: as fast as the service takes them.
    package init(client: RecsClient, inFlightMax: Int = 4, eventsPerSecondMax: Double? = nil) {
        precondition(inFlightMax > 0, "at least one batch must be in flight")
        self.client = client
        self.inFlightMax = inFlightMax
        self.eventsPerSecondMax = eventsPerSecondMax
    }

    /// Posts what `next` appends to the buffer it is given (answering how many events that are; 0 ends), and tells `progress` after each batch.
    package func post(
        progress: (Counts) -> Void = { _ in }, next: (Int, inout [UInt8]) -> Int
    ) async throws(ClientError) -> Counts {
        do {
            return try await withThrowingTaskGroup(of: Counts.self) { group in
                try await post(through: &group, progress: progress, next: next)
            }
        } catch let error as ClientError {
            throw error
        } catch {
            throw ClientError(.cancelled, "cancelled")
        }
    }

    private func post(
        through group: inout ThrowingTaskGroup<Counts, any Error>, progress: (Counts) -> Void, next: (Int, inout [UInt8]) -> Int
    ) async throws -> Counts {
        let started = ContinuousClock.now
        var total = Counts()
        var sentCount = 0
        var inFlight = 0
        while true {
            var bytes: [UInt8] = []
            let count = next(EventPoster.eventCountPerBatch, &bytes)
            if count == 0 { break }
            if inFlight == inFlightMax, let done = try await group.next() {
                inFlight -= 1
                total.add(done)
                progress(total)
            }
            if let eventsPerSecondMax {
                try await Task.sleep(until: started + .seconds(Double(sentCount) / eventsPerSecondMax), clock: .continuous)
            }
            let body = ByteBuffer(bytes: bytes)
            let isFirst = sentCount == 0
            sentCount += count
            inFlight += 1
            group.addTask { try await self.post(body, isFirst: isFirst) }
        }
        while let done = try await group.next() {
            total.add(done)
            progress(total)
        }
        return total
    }

    /// Posts one batch until it is taken or refused. Where nothing has answered yet at all, there is no second attempt.
    private func post(_ body: ByteBuffer, isFirst: Bool) async throws -> Counts {
        var counts = Counts()
        while true {
            var waitSeconds = 1
            do {
                let answer = try await client.post("/v1/events", contentType: "application/x-ndjson", body: body)
                if answer.status == 202 || answer.status == 422 { return try counted(answer, counts) }
                guard answer.status == 503 || answer.status == 429, counts.retries < EventPoster.attemptCountMax else {
                    throw RecsClient.error(answer, doing: "posting events")
                }
                waitSeconds = min(max(answer.retryAfterSeconds ?? 1, 1), EventPoster.retrySecondsMax)
            } catch let error as ClientError {
                let mayRetry = error.kind == .interrupted || error.kind == .unreachable && !isFirst
                if !mayRetry || counts.retries >= EventPoster.attemptCountMax { throw error }
            }
            counts.retries += 1
            try await Task.sleep(for: .seconds(waitSeconds))
        }
    }

    private func counted(_ answer: RecsClient.Answer, _ counts: Counts) throws(ClientError) -> Counts {
        do {
            let bytes = Data(answer.body.readableBytesView)
            let tally = try JSONDecoder().decode(Tally.self, from: bytes)
            var counts = counts
            counts.accepted = tally.accepted
            counts.refused = tally.refused
            if tally.refused > 0 { counts.firstRefusal = try JSONDecoder().decode(Verdicts.self, from: bytes).firstRefusal }
            return counts
        } catch {
            throw ClientError(.invalid, "the answer to POST /v1/events is not as expected (\(error)); is \(client.baseURL) a recs service?")
        }
    }
}
