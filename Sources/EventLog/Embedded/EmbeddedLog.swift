package import Events
internal import Foundation
internal import GRDB
internal import NIOConcurrencyHelpers

/// The event log in SQLite files, one a topic, for one machine: `<folder>/<topic>.sqlite` (DESIGN §5).
///
/// An append is acknowledged after a commit with `synchronous = FULL`; appends that arrive during a commit share the next one. Several
/// processes may append to and read a topic; a consumer group has one member.
package final class EmbeddedLog: EventLog {
    /// Does a piece of work soon, on a thread that does not wait for it: all that is appended until then shares a commit.
    package typealias Deferral = @Sendable (_ work: @escaping @Sendable () -> Void) -> Void

    private struct OpenTopic {
        var file: TopicFile
        var writer: TopicWriter
    }

    private struct State {
        var topics: [Topic: OpenTopic] = [:]
        var isClosed = false
    }

    private let folder: String
    private let queueByteCountMax: Int
    private let topicByteCountMax: Int?
    private let clock: @Sendable () -> Int64
    private let deferral: Deferral
    private let state = NIOLockedValueBox(State())
    private let blocking = BlockingQueue(label: "embedded-log")

    /// - Parameters:
    ///   - folder: made if missing.
    ///   - queueByteCountMax: what may wait for a commit, a topic; beyond it appends fail as `.unavailable`.
    ///   - topicByteCountMax: the largest size of a topic's file; beyond it appends fail as `.full`.
    ///   - clock: milliseconds since 1970.
    ///   - deferral: says when topics' writer threads are woken for an append that nobody blocks for.
    package init(
        folder: String, queueByteCountMax: Int = 64 << 20, topicByteCountMax: Int? = nil,
        clock: @escaping @Sendable () -> Int64 = wallClockMilliseconds, deferral: @escaping Deferral = { $0() }
    ) throws(LogError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw LogError(.unavailable, "cannot make the log's folder \(folder): \(error.localizedDescription)")
        }
        self.folder = folder
        self.queueByteCountMax = queueByteCountMax
        self.topicByteCountMax = topicByteCountMax
        self.clock = clock
        self.deferral = deferral
    }

    package func open(_ topic: Topic, partitions: Int) async throws(LogError) -> TopicDescription {
        try await blocking.run { [self] () throws(LogError) in
            // Calls run one after the other here, so that a topic is opened once.
            if let opened = state.withLockedValue({ $0.topics[topic] }) { return opened.file.description }
            let file = try TopicFile(folder: folder, topic: topic, partitions: partitions, byteCountMax: topicByteCountMax)
            let isOpen = state.withLockedValue { state in
                guard !state.isClosed else { return false }
                let writer = TopicWriter(file: file, queueByteCountMax: queueByteCountMax, clock: clock)
                state.topics[topic] = OpenTopic(file: file, writer: writer)
                return true
            }
            guard isOpen else { throw LogError(.unavailable, "the log is closed") }
            return file.description
        }
    }

    package func append(_ batch: AppendBatch) async -> [AppendOutcome] {
        await withCheckedContinuation { continuation in
            start(batch, wakingBy: deferral) { continuation.resume(returning: $0) }
        }
    }

    package func appendBlocking(_ batch: AppendBatch) -> [AppendOutcome] {
        AppendTicket.waitBlocking { start(batch, wakingBy: { $0() }, completion: $0) }
    }

    package func ranges(_ topic: Topic) async throws(LogError) -> [PartitionRange] {
        try await look(topic) { try TopicFile.ranges($0, $1.leaps) }
    }

    package func offsets(_ topic: Topic, atOrAfter time: Int64) async throws(LogError) -> [Int32: Int64] {
        try await look(topic) { database, file in
            var offsets: [Int32: Int64] = [:]
            for range in try TopicFile.ranges(database, file.leaps) {
                offsets[range.partition] = try TopicFile.offset(database, in: range, atOrAfter: time)
            }
            return offsets
        }
    }

    package func consumer(_ topic: Topic, group: String?) throws(LogError) -> any LogConsumer {
        try EmbeddedConsumer(file: opened(topic).file, folder: folder, group: group)
    }

    /// Deletes the batches whose records were all appended before `time`, but of the partitions in `kept` none; the offsets of what stays do not
    /// change.
    package func trim(_ topic: Topic, before time: Int64, except kept: Set<Int32> = []) async throws(LogError) {
        let file = try opened(topic).file
        try await blocking.run { () throws(LogError) in
            do {
                try TopicTrimmer(file: file).trim(before: time, except: kept)
            } catch {
                throw LogError(embedded: error, doing: "trimming \(topic.name)")
            }
        }
    }

    package func close() async {
        let topics = state.withLockedValue { state in
            state.isClosed = true
            defer { state.topics = [:] }
            return Array(state.topics.values)
        }
        await withCheckedContinuation { continuation in
            blocking.start {
                for topic in topics { topic.writer.close() }
                continuation.resume()
            }
        }
    }

    private func opened(_ topic: Topic) throws(LogError) -> OpenTopic {
        let found = state.withLockedValue { ($0.topics[topic], $0.isClosed) }
        if let open = found.0 { return open }
        if found.1 { throw LogError(.unavailable, "the log is closed") }
        throw LogError(.mismatch, "the topic \(topic.name) is not open; open it first")
    }

    private func look<Value: Sendable>(
        _ topic: Topic, _ body: @escaping @Sendable (Database, TopicFile) throws -> Value
    ) async throws(LogError) -> Value {
        let file = try opened(topic).file
        return try await blocking.run { () throws(LogError) in
            do { return try file.reader.inDatabase { try body($0, file) } } catch {
                throw LogError(embedded: error, doing: "reading \(topic.name)")
            }
        }
    }

    private func start(
        _ batch: AppendBatch, wakingBy deferral: Deferral, completion: @escaping @Sendable ([AppendOutcome]) -> Void
    ) {
        let topics = state.withLockedValue { $0.topics }
        let ticket = AppendTicket(recordCount: batch.records.count, completion: completion)
        for part in split(batch, topics, ticket).compactMap(\.self) {
            let topic = batch.records[Int(part.records[0])].topic
            if let open = topics[topic] {
                open.writer.submit(part, wakingBy: deferral)
            } else {
                part.fail(LogError(.mismatch, "the topic \(topic.name) is not open; open it first"))
            }
        }
    }

    /// The batch's parts by topic (nil where there is none), each record with its partition.
    private func split(_ batch: AppendBatch, _ topics: [Topic: OpenTopic], _ ticket: AppendTicket) -> [AppendPart?] {
        let partitionCounts = Topic.allCases.map { topics[$0]?.file.description.partitions ?? 1 }
        var parts = [AppendPart?](repeating: nil, count: Topic.allCases.count)
        batch.bytes.withUnsafeBytes { bytes in
            for (index, record) in batch.records.enumerated() {
                let place = Int(record.topic.rawValue)
                if parts[place] == nil { parts[place] = AppendPart(batch: batch, ticket: ticket) }
                let key = UnsafeRawBufferPointer(rebasing: bytes[record.key.range])
                parts[place]?.add(record: index, partition: record.partition ?? partition(of: key, count: partitionCounts[place]))
            }
        }
        return parts
    }
}
