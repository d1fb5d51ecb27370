import ArgumentParser
import Catalog
import EventLog
import Events
import Foundation
import Logging
import Service

/// `recs dead-letters`: what jobs could not use, and the way back for it.
struct DeadLetterCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "List, inspect and redrive the records that jobs could not use.",
        subcommands: [DeadLettersList.self, DeadLettersShow.self, DeadLettersRedrive.self])

    /// Runs `body` with the dead letters of the configuration, on a thread that may block.
    static func with<R: Sendable>(
        _ options: ServiceOptions, _ body: @escaping @Sendable (DeadLetters) throws -> R
    ) async throws -> R {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let letters = try await DeadLetters(configuration: try options.configurationOfLog(), logger: Logger(label: "recs"))
        do {
            let result = try await LogCommands.onThread { try body(letters) }
            await letters.close()
            return result
        } catch {
            await letters.close()
            throw error
        }
    }
}

/// Which letters a command is about.
struct LetterFilterOptions: ParsableArguments {
    @Option(help: "Only those of this topic.")
    var topic: String?

    @Option(help: "Only those given up for this reason, such as unknown_schema.")
    var reason: String?

    func filter() throws -> DeadLetters.Filter {
        var filter = DeadLetters.Filter()
        filter.topic = try topic.map { try LogCommands.topic($0) }
        filter.reason = reason
        return filter
    }
}

struct DeadLettersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Count dead letters by topic and reason, and list the newest.",
        discussion: """
            Examples:
              recs dead-letters ls --data ./data
              recs dead-letters ls --data ./data --topic play_events --since 2h
            """)

    @OptionGroup var filter: LetterFilterOptions

    @OptionGroup var options: ServiceOptions

    @Option(help: "Only those given up since a time (2026-05-01T12:00:00Z) or in the last 30m, 2h, 7d.")
    var since: String?

    @Option(help: "How many to list.")
    var limit = 20

    @Flag(help: "Print as JSON.")
    var json = false

    private struct Group: Encodable {
        var topic: String
        var reason: String
        var count: Int
        var redriven: Int
    }

    private struct Letter: Encodable {
        var id: String
        var letter: String
        var reason: String
        var at: Int64
        var user: String
        var byteCount: Int
        var redriven: String?
    }

    private struct Listing: Encodable {
        var groups: [Group] = []
        var letters: [Letter] = []
    }

    func run() async throws {
        guard limit >= 0 else { throw ValidationError("--limit must be 0 or more") }
        var filter = try filter.filter()
        filter.since = try since.map { try DeadLettersList.time($0, now: wallClockMilliseconds()) } ?? 0
        let (limit, wanted) = (limit, filter)
        let listing = try await DeadLetterCommands.with(options) { try DeadLettersList.listing($0, wanted, limit: limit) }
        if json { return try outputJSON(listing) }
        output(text(listing))
    }

    private static func listing(_ letters: DeadLetters, _ filter: DeadLetters.Filter, limit: Int) throws -> Listing {
        let redriven = try letters.redriven()
        var listing = Listing()
        try letters.each(filter) { letter in
            let state = redriven[letter.origin]?.state
            let topic = letter.origin.topic.name
            let place = listing.groups.firstIndex { $0.topic == topic && $0.reason == letter.reason }
            if place == nil { listing.groups.append(Group(topic: topic, reason: letter.reason, count: 0, redriven: 0)) }
            listing.groups[place ?? listing.groups.count - 1].count += 1
            if state == .done { listing.groups[place ?? listing.groups.count - 1].redriven += 1 }
            let user = String(decoding: letter.key, as: UTF8.self)
            listing.letters.append(
                Letter(
                    id: letter.id, letter: letter.place, reason: letter.reason, at: letter.at, user: user, byteCount: letter.value.count,
                    redriven: state?.rawValue))
            if listing.letters.count > 2 * limit + 1000 { keepNewest(limit, &listing.letters) }
        }
        keepNewest(limit, &listing.letters)
        listing.groups.sort { ($1.count, $0.topic, $0.reason) < ($0.count, $1.topic, $1.reason) }
        return listing
    }

    private static func keepNewest(_ limit: Int, _ letters: inout [Letter]) {
        letters.sort { ($1.at, $0.letter) < ($0.at, $1.letter) }
        letters.removeLast(max(0, letters.count - limit))
    }

    private func text(_ listing: Listing) -> String {
        if listing.groups.isEmpty { return "no dead letters" }
        var groups = Table(["TOPIC", "reason", "letters", "redriven"], numeric: [2, 3])
        for group in listing.groups { groups.add([group.topic, group.reason, "\(group.count)", "\(group.redriven)"]) }
        if listing.letters.isEmpty { return groups.text }
        var newest = Table(["NEWEST", "given up", "reason", "user", "bytes", "id", "redriven"], numeric: [4])
        for letter in listing.letters {
            newest.add([
                letter.letter, InstantText.text(letter.at), letter.reason, letter.user, "\(letter.byteCount)", letter.id,
                letter.redriven ?? "",
            ])
        }
        return groups.text + "\n\n" + newest.text
    }

    /// A time, or a span before now.
    static func time(_ text: String, now: Int64) throws -> Int64 {
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), (0..<1_000_000).contains(count) {
            return now - count * unit
        }
        guard let time = InstantText.milliseconds(text) else {
            throw ValidationError("--since is `\(text)`; write 2026-05-01T12:00:00Z, 2026-05-01, 30m, 2h or 7d")
        }
        return time
    }
}

struct DeadLettersShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one dead letter: its bytes, the event in them, and what is wrong with it now.",
        discussion: """
            Example:
              recs dead-letters show play_events/0/42 --data ./data
            """)

    @Argument(help: "Its id, or topic/partition/offset.")
    var letter: String

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        let name = letter
        let view = try await DeadLetterCommands.with(options) { letters -> LetterView? in
            var filter = DeadLetters.Filter()
            filter.names = [name]
            var check = try LetterCheck(letters)
            var view: LetterView?
            try letters.each(filter) { view = try LetterView($0, of: letters, &check, now: wallClockMilliseconds()) }
            return view
        }
        guard let view else {
            note("there is no dead letter `\(letter)`; recs dead-letters ls lists them")
            throw ExitCode(1)
        }
        if json { return try outputJSON(view) }
        output(text(view))
    }

    private func text(_ view: LetterView) -> String {
        var table = Table([])
        table.add(["id", view.id])
        table.add(["record", "\(view.topic)/\(view.partition)/\(view.offset)"])
        table.add(["given up", "\(InstantText.text(view.at)): \(view.reason)\(view.detail.isEmpty ? "" : ": \(view.detail)")"])
        table.add(["user", view.user.isEmpty ? "not known" : view.user])
        table.add(["schema", view.schemaID.map { "\($0)" } ?? "none: the value is not in Confluent wire format"])
        let refused = view.refusedNow.map { "\($0)\((view.refusedDetail ?? "").isEmpty ? "" : ": \(view.refusedDetail ?? "")")" }
        table.add(["now", refused.map { "refused: \($0)" } ?? "would be applied: recs dead-letters redrive \(view.id)"])
        if let redriven = view.redriven { table.add(["redriven", redriven]) }
        for problem in view.problems { table.add(["field", "\(problem.path) is \(problem.found): \(problem.message)"]) }
        if let event = view.event { table.add(["event", event]) }
        table.add(["bytes", "\(view.byteCount)"])
        return table.text.trimmingCharacters(in: .newlines) + "\n" + dump(view.hex)
    }

    /// Sixteen bytes a line: place, hexadecimal digits, ASCII.
    private func dump(_ hex: String) -> String {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 32).map { start in
            let line = digits[start..<min(start + 32, digits.count)]
            let pairs = stride(from: line.startIndex, to: line.endIndex, by: 2).map { String(decoding: line[$0..<$0 + 2], as: UTF8.self) }
            let letters = pairs.map { pair in
                let byte = UInt8(pair, radix: 16) ?? 0
                return (0x20..<0x7f).contains(byte) ? Character(UnicodeScalar(byte)) : "."
            }
            let place = String(start / 2, radix: 16)
            let columns = pairs.joined(separator: " ")
            return "  " + String(repeating: "0", count: max(0, 6 - place.count)) + place + "  " + columns
                + String(repeating: " ", count: 49 - columns.count) + String(letters)
        }.joined(separator: "\n")
    }
}
