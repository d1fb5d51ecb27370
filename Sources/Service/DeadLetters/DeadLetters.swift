import Avro
package import EventLog
package import Events
import Foundation
import Jobs
package import Logging

/// The dead letters of the configuration's log, with what has become of them since.
///
/// Its calls block: make them from a thread that may.
package struct DeadLetters: Sendable {
    /// Which letters are meant; nil or empty means all.
    package struct Filter: Sendable {
        package var topic: Topic?
        package var reason: String?
        /// Given up at or after this time, milliseconds since 1970.
        package var since: Int64 = 0
        /// By id or by `topic/partition/offset`.
        package var names: Set<String> = []
        package init() {}

        func takes(_ letter: DeadLetter) -> Bool {
            (topic == nil || letter.origin.topic == topic) && (reason == nil || letter.reason == reason) && letter.at >= since
                && (names.isEmpty || names.contains(letter.id) || names.contains(letter.place))
        }
    }

    let configuration: Configuration
    let foundations: Foundations
    let control: ControlStore

    package init(configuration: Configuration, logger: Logger) async throws {
        self.configuration = configuration
        control = try ControlStore(folder: configuration.dataFolder)
        foundations = try await Foundations.open(configuration, resources: try Resources(), logger: logger)
    }

    init(_ parts: Parts) {
        configuration = parts.configuration
        foundations = parts.foundations
        control = parts.control
    }

    /// Held by the one redrive that may run.
    package var lockPath: String { configuration.dataFolder + "/redrive.lock" }

    package func close() async { await foundations.log.close() }

    /// Hands over the letters that the log holds now, oldest first in each partition, each once however often it was written.
    package func each(_ filter: Filter, _ body: (DeadLetter) throws -> Void) throws {
        var decoder = DeadLetterDecoder(schemas: foundations.schemas)
        var seen: Set<LogPosition> = []
        try LogScan(log: foundations.log).each(of: .deadLetters, from: \.start) { record, bytes in
            let value = UnsafeRawBufferPointer(rebasing: bytes[record.value.range])
            guard let letter = try decoder.letter(value, writer: schema), filter.takes(letter), seen.insert(letter.origin).inserted
            else { return }
            try body(letter)
        }
    }

    /// What redriving has made of letters; those that it does not name are as they were.
    package func redriven() throws -> [LogPosition: RedriveTable.Entry] {
        try RedriveTable(control: control).entries(foundations.generations)
    }

    /// Where records stand that letters of before a repartition name by their old places.
    func movedRecords() throws -> [LogPosition: LogPosition] {
        try RedriveTable(control: control).movedRecords(foundations.generations)
    }

    /// Where records stand, by topic, that were given up for want of a schema which the registry has now.
    func readableNow() throws -> [Topic: Set<LogPosition>] {
        var filter = Filter()
        filter.reason = DeadLetterReason.unknownSchema.rawValue
        let moved = try movedRecords()
        var check = try LetterCheck(self)
        var found: [Topic: Set<LogPosition>] = [:]
        try each(filter) { letter in
            guard try check.writer(of: letter.value) != nil else { return }
            let place = moved[letter.origin] ?? letter.origin
            found[place.topic, default: []].insert(place)
        }
        return found
    }

    /// The schema of that id, where the registry has it now.
    func schema(_ id: Int32) throws -> ParsedSchema? {
        guard let json = try foundations.registry.schemaBlocking(id: id) else { return nil }
        return try? ParsedSchema(json: json)
    }
}
