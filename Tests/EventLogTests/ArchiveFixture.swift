import Avro
import Events
import Foundation
import TestSupport

@testable import EventLog

/// An embedded log with real events in it, and the archive of its topic.
struct ArchiveFixture {
    static let start: Int64 = 1_790_000_000_000 - 1_790_000_000_000 % 3_600_000
    static let hour: Int64 = 3_600_000
    static let erasureNumber = 999_999

    let folder: TemporaryFolder
    let schemas: EventSchemas
    let clock = ManualClock(ArchiveFixture.start)
    let log: EmbeddedLog
    let archive: Archive
    let topic: TopicDescription

    init(partitions: Int = 2) async throws {
        folder = try TemporaryFolder()
        let root = Repository.root
        schemas = try EventSchemas(
            sources: EventType.allCases.map {
                try String(contentsOf: root.appendingPathComponent("Data/schemas/\($0.schemaPath)"), encoding: .utf8)
            })
        log = try EmbeddedLog(folder: folder.path("log"), clock: { [clock] in clock.now })
        archive = Archive(folder: folder.path("archive"))
        topic = try await log.open(.play, partitions: partitions)
    }

    static func schemaID(_ type: EventType) -> Int32 { Int32(EventType.allCases.firstIndex(of: type) ?? 0) + 100 }

    /// The schemas of all events by id.
    var schemaTexts: [Int32: String] {
        Dictionary(uniqueKeysWithValues: EventType.allCases.map { (ArchiveFixture.schemaID($0), schemas[$0].json) })
    }

    /// Opens the archive to write.
    func writer(of other: Archive? = nil, limits: ArchiveWriter.Limits = .init(), generation: UInt64? = nil, gaps: Bool = false) throws
        -> ArchiveWriter
    {
        let texts = schemaTexts
        let description = TopicDescription(topic: .play, partitions: topic.partitions, generation: generation ?? topic.generation)
        return try ArchiveWriter(
            other ?? archive, topic: description, columns: try ArchiveColumns(topic: .play, schemas: schemas), limits: limits,
            hasOffsetGaps: gaps
        ) { texts[$0] }
    }

    /// Appends `count` events of users `user-0`…, of several types; event `n` has the id of that number.
    @discardableResult
    func append(_ numbers: Range<Int>, users: Int = 7) -> [AppendOutcome] {
        var batch = AppendBatch()
        for number in numbers {
            let type: EventType = [.playStart, .playStop, .seek, .playPause][number % 4]
            add(&batch, type, user: "user-\(number % users)", number: number)
        }
        return log.appendBlocking(batch)
    }

    /// Appends bytes that are no event, and an event whose schema nobody knows.
    func appendForeign() {
        var batch = AppendBatch()
        batch.add(.play, key: "user-0", value: "not Avro at all")
        batch.add(.play, key: "", value: "")
        batch.add(.play, key: "user-1", value: "\0\0\0\u{1}\u{2}abc")
        batch.add(.play, key: "user-2", value: "\0\0\0\0\u{64}cut off")
        _ = log.appendBlocking(batch)
    }

    func erase(user: String) {
        var batch = AppendBatch()
        add(&batch, .userErased, user: user, number: ArchiveFixture.erasureNumber)
        _ = log.appendBlocking(batch)
    }

    private func add(_ batch: inout AppendBatch, _ type: EventType, user: String, number: Int) {
        let start = batch.bytes.count
        batch.bytes += Array(user.utf8)
        let key = Slice(offset: start, count: batch.bytes.count - start)
        let valueStart = start + Int(key.count)
        batch.bytes += encoded(type) { value(of: $0, type, user: user, number: number) }
        batch.records.append(
            AppendBatch.Record(topic: .play, key: key, value: Slice(offset: valueStart, count: batch.bytes.count - valueStart)))
    }

    /// An event in Confluent wire format.
    func encoded(_ type: EventType, _ value: (Field) -> Value) -> [UInt8] {
        var bytes: [UInt8] = [0]
        withUnsafeBytes(of: ArchiveFixture.schemaID(type).bigEndian) { bytes.append(contentsOf: $0) }
        do {
            try Value.record(schemas.fields(of: type).map(value)).encode(as: schemas[type], into: &bytes)
        } catch {
            preconditionFailure("\(error)")
        }
        return bytes
    }

    func value(of field: Field, _ type: EventType, user: String, number: Int) -> Value {
        switch field.name {
        case "event_id": return .string("00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - "\(number)".count) + "\(number)")
        case "event_type": return .string(type.rawValue)
        case "user_id": return .string(user)
        case "timestamp": return .long(ArchiveFixture.start - 1000 + Int64(number))
        case "title_id": return .string("title-é-\(number % 50)")
        default: break
        }
        switch field.schema {
        case .string: return .string("\(field.name) \(number % 5)")
        case .long: return .long(Int64(number) * 1000)
        case .bytes: return .bytes([])
        case .array: return .array([])
        case .union(let branches):
            if number % 3 == 0 { return .union(0, .null) }
            return .union(1, branches[1] == .string ? .string("\(field.name)") : .long(Int64(number)))
        default: preconditionFailure("\(field.name): \(field.schema)")
        }
    }

    /// All records of a consumer from the log's start, as the log holds them, by partition.
    func recordsOnLog() async throws -> [Int32: [ArchivedRecord]] {
        let count = try await log.ranges(.play).reduce(0) { $0 + Int($1.end - $1.start) }
        let consumer = try log.consumer(.play, group: nil)
        return try await reading(consumer) { try $0.collectRecords(count) }
    }

    /// Archives all that is on the log and not archived yet, in polls of `recordCountMax`.
    func archiveAll(_ writer: ArchiveWriter, recordCountMax: Int = 1000, flushes: Bool = true) throws {
        try EventLogTests.archive(log, writer, recordCountMax: recordCountMax, now: clock.now, flushes: flushes)
    }

    /// All that the archive holds, by partition.
    func recordsInArchive(_ other: Archive? = nil) throws -> [Int32: [ArchivedRecord]] {
        let reader = ArchiveReader(other ?? archive, topic: .play)
        var records: [Int32: [ArchivedRecord]] = [:]
        for range in try reader.ranges() {
            var batch = RecordBatch()
            var next = range.start
            while let after = try reader.read(partition: range.partition, from: next, into: &batch, recordCountMax: 700) { next = after }
            records[range.partition] = batch.archived
        }
        return records
    }

    /// Beside the log of this fixture, or a copy of it in another folder.
    func check(_ other: Archive? = nil, logFolder: String? = nil) throws -> ArchiveCheck.Report {
        try ArchiveCheck(other ?? archive, topic: .play).run(beside: logFolder ?? folder.path("log"))
    }

    /// The paths of the data files in the topic's folder.
    func paths(_ other: Archive? = nil) -> [String] { ArchiveLeftovers.files(root: (other ?? archive).path(of: .play)).sorted() }
}

/// A record byte for byte.
struct ArchivedRecord: Hashable, Sendable {
    var offset: Int64
    var timestamp: Int64
    var key: [UInt8]
    var value: [UInt8]
}

extension RecordBatch {
    var archived: [ArchivedRecord] {
        records.map {
            ArchivedRecord(offset: $0.offset, timestamp: $0.timestamp, key: Array(bytes[$0.key.range]), value: Array(bytes[$0.value.range]))
        }
    }
}

extension LogConsumer {
    /// Polls until `count` records are there or 20 s have passed; by partition.
    func collectRecords(_ count: Int, recordCountMax: Int = 1000) throws -> [Int32: [ArchivedRecord]] {
        var found: [Int32: [ArchivedRecord]] = [:]
        var foundCount = 0
        var batch = RecordBatch()
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while foundCount < count, clock.now < deadline {
            guard try poll(into: &batch, recordCountMax: recordCountMax, timeoutMilliseconds: 500) == .records else { continue }
            for (record, archived) in zip(batch.records, batch.archived) { found[record.partition, default: []].append(archived) }
            foundCount += batch.records.count
        }
        return found
    }
}

/// Archives all that is on the log's topic `play_events` and not archived yet.
func archive(_ log: any EventLog, _ writer: ArchiveWriter, recordCountMax: Int = 1000, now: Int64 = 0, flushes: Bool = true) throws {
    let consumer = try log.consumer(.play, group: nil)
    defer { consumer.close() }
    var batch = RecordBatch()
    for partition in try consumer.waitForAssignment() {
        if let next = writer.nextOffset(partition: partition) { try consumer.seek(partition: partition, to: next) }
    }
    repeat {
        _ = try consumer.poll(into: &batch, recordCountMax: recordCountMax, timeoutMilliseconds: 0)
        try writer.append(batch, now: now)
    } while !batch.records.isEmpty
    if flushes { try writer.flush() }
}
