import Avro
import Catalog
import EventLog
import Events
import Features
import Foundation
import Jobs

/// The same job as `CoreJob` as one would write it first: values of any schema, strings, a set, a dictionary. It shares none of its operators
/// with it, so that it can tell whether the fast one is right; and how fast it is is a yardstick.
struct NaiveCoreJob {
    private let schema: ParsedSchema
    private let fieldNames: [String]
    private let titles: [String: Title]
    private let prefixes = JobSettings().filteredPrefixes
    private var seen: Set<String> = []
    private var plays: [String: Int] = [:]

    init(schemas: EventSchemas, catalog: Catalog) {
        schema = schemas[.playStart]
        fieldNames = schemas.fields(of: .playStart).map(\.name)
        titles = Dictionary(uniqueKeysWithValues: catalog.titles.map { ($0.id.description, $0) })
    }

    /// Takes in what a poll brought.
    mutating func take(_ batch: RecordBatch) throws {
        for record in batch.records { try take(Array(batch.bytes[record.value.range])) }
    }

    private mutating func take(_ value: [UInt8]) throws {
        guard case .record(let values) = try Value.decode(Array(value.dropFirst(5)), as: schema) else { return }
        let event = Dictionary(uniqueKeysWithValues: zip(fieldNames, values))
        guard case .string(let id) = event["event_id"], case .string(let user) = event["user_id"],
            case .string(let device) = event["device_id"], case .string(let titleID) = event["title_id"],
            case .long(let timestamp) = event["timestamp"]
        else { return }
        if prefixes.contains(where: { user.hasPrefix($0) || device.hasPrefix($0) }) { return }
        guard let title = titles[titleID] else { return }
        guard seen.insert(id).inserted else { return }
        let hour = timestamp / 3_600_000
        for genre in title.genres { plays["\(user),\(genre.raw),\(hour)", default: 0] += 1 }
    }

    /// A line a window, in the order of their text.
    var lines: [String] { plays.map { "\($0.key),\($0.value)" }.sorted() }

    /// Writes the windows to a file.
    func write(to path: String) throws {
        let text = plays.map { "\($0.key),\($0.value)\n" }.joined()
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }
}
