import ArgumentParser
import Foundation
import Service

/// Where the service is that a command talks to.
struct ClientOptions: ParsableArguments {
    @Option(help: "Address of the service (or RECS_URL).")
    var url: String = ProcessInfo.processInfo.environment["RECS_URL"] ?? "http://127.0.0.1:8080"

    @Option(help: "API key (or RECS_API_KEY), where the service asks for one.")
    var key: String?

    /// Runs `body` with a client that is closed afterwards.
    func with<R>(_ body: (RecsClient) async throws -> R) async throws -> R {
        try await RecsClient.with(url, apiKey: key ?? ProcessInfo.processInfo.environment["RECS_API_KEY"], body)
    }

    /// The body of a successful GET.
    func get(_ path: String, query: [(name: String, value: String)] = [], doing what: String) async throws -> Data {
        try await with { client in
            let answer = try await client.get(path, query: query)
            guard answer.isSuccess else { throw RecsClient.error(answer, doing: what) }
            return Data(answer.text.utf8)
        }
    }
}

/// Prints to standard output.
func output(_ text: String) {
    FileHandle.standardOutput.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
}

/// Prints as JSON, members in snake_case and in order, to standard output.
func outputJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    output(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// Prints to standard error.
func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// A line of progress on standard error, rewritten in place on a terminal, left out elsewhere.
struct Progress {
    private let isTerminal = isatty(2) == 1

    func show(_ text: String) {
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8)) }
    }

    func end() {
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
    }
}
