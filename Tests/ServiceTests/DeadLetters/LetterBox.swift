import EventLog
import Events
import Foundation
import Logging
import TestSupport

@testable import Service

/// A data folder without jobs: records and their dead letters are put in by hand.
struct LetterBox {
    let folder: TemporaryFolder
    let letters: DeadLetters

    init() async throws {
        folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.dataFolder = folder.path("data")
        letters = try await DeadLetters(configuration: configuration, logger: Logger(label: "test"))
    }

    func close() async { await letters.close() }

    /// What a person sees of each letter, in the log's order.
    func views() async throws -> [LetterView] {
        let letters = letters
        return try await onOwnThread {
            var check = try LetterCheck(letters)
            var views: [LetterView] = []
            try letters.each(DeadLetters.Filter()) {
                views.append(try LetterView($0, of: letters, &check, now: wallClockMilliseconds()))
            }
            return views
        }
    }

    var foundations: Foundations { letters.foundations }

    /// A `search_query` by our schema, as the gateway would write it.
    func search(_ query: String, of user: String, id: String = UUID().uuidString.lowercased()) throws -> [UInt8] {
        let text = """
            {"event_id":"\(id)","event_type":"search_query","user_id":"\(user)","device_id":"tv","session_id":"s","timestamp":1700000000000,\
            "region":"EU","query":"\(query)","results_count":3}
            """
        var encoder = GatewayEncoder(schemas: foundations.schemas, schemaIDs: foundations.schemaIDs, limits: GatewayLimits())
        var output = EncodedEvents()
        var body = text
        try body.withUTF8 { try encoder.encode(UnsafeRawBufferPointer($0), format: .json, now: wallClockMilliseconds(), into: &output) }
        guard case .accepted(_, _, _, let value)? = output.verdicts.first else { throw BackupError("refused: \(output.verdicts)") }
        return Array(output.bytes[value.range])
    }

    /// Appends a record and answers where it stands.
    @discardableResult
    func append(_ topic: Topic, key: String, value: [UInt8]) async throws -> LogPosition {
        var batch = AppendBatch()
        batch.bytes = Array(key.utf8) + value
        batch.records.append(
            .init(topic: topic, key: Slice(offset: 0, count: key.utf8.count), value: Slice(offset: key.utf8.count, count: value.count)))
        return try await append(batch)
    }

    private func append(_ batch: AppendBatch) async throws -> LogPosition {
        switch await foundations.log.append(batch)[0] {
        case .appended(let position): return position
        case .failed(let error): throw error
        }
    }

    /// Appends a record and the letter that its job would have written; `copies` times, as after a crash.
    func bury(key: String, value: [UInt8], reason: StaticString = "unknown_schema", copies: Int = 1) async throws -> LogPosition {
        let origin = try await append(.search, key: key, value: value)
        for _ in 0..<copies {
            var batch = AppendBatch()
            let record = Array(key.utf8).withUnsafeBytes { user in
                value.withUnsafeBytes { value in
                    foundations.writer.deadLetter(
                        .init(
                            id: EventID(topic: .search, partition: origin.partition, offset: origin.offset),
                            timestamp: wallClockMilliseconds(), user: user),
                        source: .search, partition: origin.partition, offset: origin.offset, reason: reason,
                        detail: UnsafeRawBufferPointer(start: nil, count: 0), value: value, into: &batch.bytes)
                }
            }
            batch.records.append(.init(topic: .deadLetters, key: record.key, value: record.value))
            _ = try await append(batch)
        }
        return origin
    }

    func erase(_ user: String) async throws {
        var batch = AppendBatch()
        let record = foundations.writer.userErased(
            id: .random(), user: user, timestamp: wallClockMilliseconds(), into: &batch.bytes)
        batch.records.append(.init(topic: .search, key: record.key, value: record.value))
        _ = try await append(batch)
    }

    /// The values of a key on a topic, oldest first.
    func values(of key: String, on topic: Topic = .search) async throws -> [[UInt8]] {
        let box = self
        return try await onOwnThread {
            var values: [[UInt8]] = []
            let starts = Dictionary(uniqueKeysWithValues: (0..<Int32(4)).map { ($0, Int64(0)) })
            try LogScan(log: box.foundations.log).each(of: topic, from: { starts[$0.partition] }) { record, bytes in
                if bytes[record.key.range].elementsEqual(key.utf8) { values.append(Array(bytes[record.value.range])) }
            }
            return values
        }
    }

    func plan(_ filter: DeadLetters.Filter = DeadLetters.Filter()) async throws -> Redrive.Plan {
        let letters = letters
        return try await onOwnThread { try Redrive(letters).plan(filter) }
    }

    func carryOut(_ plan: Redrive.Plan) async throws -> Int {
        let letters = letters
        return try await onOwnThread { try Redrive(letters).carryOut(plan) { _ in } }
    }

    func isErasure(_ value: [UInt8]) -> Bool {
        value.withUnsafeBytes { EventRenderer.schemaID(of: $0) } == foundations.schemaIDs[.userErased]
    }

    /// Plans and carries out; answers how many were appended.
    @discardableResult
    func redrive() async throws -> Int {
        let letters = letters
        return try await onOwnThread {
            let redrive = Redrive(letters)
            return try redrive.carryOut(redrive.plan(DeadLetters.Filter())) { _ in }
        }
    }

    /// What a redrive that is killed after it noted its intent leaves behind.
    func noteIntent(_ origin: LogPosition) throws {
        try RedriveTable(control: letters.control).set([origin], to: .intended, at: wallClockMilliseconds(), foundations.generations)
    }
}
