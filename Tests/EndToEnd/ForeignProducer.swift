import EventLog
import Events
import Foundation
import TestSupport
import Testing

/// A producer of its own beside the server: writes records to the embedded log that the gateway has never seen.
struct ForeignProducer {
    private let log: EmbeddedLog

    init(_ server: RunningServer) async throws {
        log = try EmbeddedLog(folder: server.folder.path("data/log"))
        for topic in Topic.allCases { _ = try await log.open(topic, partitions: 4) }
    }

    func close() async { await log.close() }

    /// Records that the topic has had so far.
    func recordCount(_ topic: Topic) async throws -> Int64 { try await log.ranges(topic).reduce(0) { $0 + $1.end } }

    /// Appends values to a topic, each under its key.
    func append(_ topic: Topic, _ records: [(key: String, value: [UInt8])]) async throws {
        var batch = AppendBatch()
        for record in records {
            let key = Slice(offset: batch.bytes.count, count: record.key.utf8.count)
            batch.bytes += record.key.utf8
            let value = Slice(offset: batch.bytes.count, count: record.value.count)
            batch.bytes += record.value
            batch.records.append(.init(topic: topic, key: key, value: value))
        }
        for case .failed(let error) in await log.append(batch) { throw error }
    }

    /// A `search_query` with a field that this program does not know (`mood`), in Confluent wire format.
    static func search(
        _ query: String, of user: String, schemaID: Int32, id: String = UUID().uuidString, at time: Int64 = millisecondsNow()
    )
        -> [UInt8]
    {
        var value: [UInt8] = [0]
        withUnsafeBytes(of: schemaID.bigEndian) { value += $0 }
        for text in [id, "search_query", user, "tv", "s-1"] { append(text, to: &value) }
        append(time, to: &value)
        for text in ["EU", query] { append(text, to: &value) }
        append(3, to: &value)
        append("curious", to: &value)
        return value
    }

    /// The schema of such an event: the server's own with one more field.
    static func searchSchema(_ server: RunningServer) async throws -> String {
        struct Version: Decodable { var schema: String }
        let subject = "/subjects/search_events-recs.events.search_query/versions"
        let text = try await server.get(subject + "/latest").decoded(Version.self).schema
        var object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
        let fields = object["fields"] as? [[String: Any]] ?? []
        object["fields"] = fields + [["name": "mood", "type": "string", "default": ""]]
        return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }

    /// Registers a schema and answers its id.
    static func register(_ schema: String, as subject: String, _ server: RunningServer) async throws -> Int32 {
        struct Registered: Decodable { var id: Int32 }
        let body = String(decoding: try JSONSerialization.data(withJSONObject: ["schema": schema]), as: UTF8.self)
        return try await server.send("POST", "/subjects/\(subject)/versions", body).decoded(Registered.self).id
    }

    /// Avro's zigzag variable-length integer (specification 1.11, "Binary Encoding").
    private static func append(_ number: Int64, to output: inout [UInt8]) {
        var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }

    private static func append(_ text: String, to output: inout [UInt8]) {
        append(Int64(text.utf8.count), to: &output)
        output += text.utf8
    }
}
