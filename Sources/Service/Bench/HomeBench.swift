import AsyncHTTPClient
import Catalog
import EventLog
import Features
import Foundation
import NIOCore

/// `recs bench home`: home pages over HTTP from a server process of its own, beside a plain Hummingbird answering a fixed body.
package struct HomeBench: Sendable {
    package var titleCount = 10_000
    package var userCount = 100_000
    package var eventCount = 3_000_000
    package var connectionCount = 64
    /// Seconds of load of a run; the yardstick has half of it.
    package var seconds = 10.0
    package var runCount = 3
    package var seed: UInt64 = 1
    package init() {}

    /// What one load measured.
    struct Load {
        var run: BenchReport.Run
        /// Bytes of an answer's body, in the mean.
        var bodyByteCount: Int
    }

    private static let roundTripDetail = "Redis round trips a request"
    private static let warmUpSeconds = 2.0
    private static let checkedPageCount = 200

    /// Warms a service up, then measures its pages and the yardstick by turns.
    package func run(progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        let folder = try BenchFolder()
        defer { folder.remove() }
        let server = try ServerChild(["serve", "--data", folder.path, "--port", "0"])
        defer { server.stop() }
        let catalog = try BenchCatalog.document(titleCount: titleCount, seed: seed, newest: wallClockMilliseconds())
        try await feed(server.url, catalog, progress)
        progress("warming up")
        let warm = try await pages(server, seconds: Self.warmUpSeconds)
        let fixed = try ServerChild(["bench", "fixed", "--bytes", "\(warm.bodyByteCount)"])
        defer { fixed.stop() }
        var runs: [BenchReport.Run] = []
        var yardstick: [BenchReport.Run] = []
        for number in 1...runCount {
            progress("run \(number) of \(runCount): home pages for \(Int(seconds)) s")
            let before = try await storeCounts(server.url)
            var run = try await pages(server, seconds: seconds).run
            let after = try await storeCounts(server.url)
            run.details.append((Self.roundTripDetail, (after.pipelines - before.pipelines) / max(after.reads - before.reads, 1)))
            runs.append(run)
            progress("run \(number) of \(runCount): yardstick, a fixed body of \(warm.bodyByteCount) bytes")
            yardstick.append(try await load(fixed, redis: nil, seconds: seconds / 2) { _ in "/" }.run)
        }
        let (faults, sizes) = try await check(server.url)
        for index in runs.indices { runs[index].details += sizes }
        var report = BenchReport(
            bench: "home",
            setting: "home pages over HTTP, \(titleCount) titles, \(userCount) viewers, \(connectionCount) connections, seed \(seed)",
            figures: [.init("home", unit: "requests", runs: runs)],
            yardsticks: [.init(.init("fixed body", unit: "requests", runs: yardstick), of: ["home"])],
            faults: faults,
            checked: "pages are of viewers of whom something is known, have rows, and no title twice", peakBytes: server.peakBytes)
        report.aim(atLeast: 5000, of: "home")
        report.aim(atLeast: 0.5, of: "home", over: "fixed body")
        report.aim(atMost: 1, of: Self.roundTripDetail, in: "home")
        return report
    }

    private func pages(_ server: ServerChild, seconds: Double) async throws -> Load {
        try await load(server, redis: server.childPID, seconds: seconds) { "/v1/users/\(user($0))/home" }
    }

    private func user(_ number: Int) -> String { "u-" + String(String(1_000_000 + 1 + number % userCount).dropFirst()) }

    private func feed(_ url: String, _ document: CatalogDocument, _ progress: @escaping @Sendable (String) -> Void) async throws {
        let bytes = try document.serialized()
        let catalog = try document.catalog(version: 1)
        var settings = SimulationSettings(userCount: userCount, eventCount: eventCount, seed: seed, endTime: wallClockMilliseconds())
        settings.qualityShare = 0
        settings.everyoneComes = true
        // Nothing is known of a bot: a page that is asked for it would be a cold one.
        settings.botShare = 0
        var simulator = ViewerSimulator(catalog: catalog, settings: settings)
        let total = eventCount
        try await RecsClient.with(url) { client in
            let answer = try await client.post("/v1/catalog?replace=true", contentType: "application/json", body: ByteBuffer(bytes: bytes))
            guard answer.isSuccess else { throw RecsClient.error(answer, doing: "importing the benchmark's catalogue") }
            _ = try await EventPoster(client: client).post {
                progress("\($0.accepted) of \(total) events posted")
            } next: {
                simulator.next($0, into: &$1)
            }
            try simulator.expectEveryone()
            try await client.catchUp(askingEvery: .milliseconds(200))
            // One more second for the title snapshot.
            try await Task.sleep(for: .seconds(1.5))
        }
    }

    private func storeCounts(_ url: String) async throws -> (reads: Double, pipelines: Double) {
        try await RecsClient.with(url) { client in
            let lines = try await client.get("/metrics").text.split(separator: "\n")
            func value(_ name: String) -> Double {
                lines.first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.flatMap { Double($0) } ?? 0
            }
            return (value("recs_store_reads"), value("recs_store_pipelines"))
        }
    }

    /// Looks at some pages; answers what is wrong with them, and how large they are in the mean.
    private func check(_ url: String) async throws -> (faults: [String], sizes: [(name: String, value: Double)]) {
        var faults: [String] = []
        var (rowCount, itemCount) = (0, 0)
        try await RecsClient.with(url) { client in
            for number in 0..<Self.checkedPageCount {
                let user = user(number * 9973)
                let answer = try await client.get("/v1/users/\(user)/home")
                let page = try Self.check(Data(answer.text.utf8), of: user, into: &faults)
                if page.isCold { faults.append("\(user): a page of whom nothing is known") }
                rowCount += page.rows.count
                itemCount += page.rows.reduce(0) { $0 + $1.items.count }
            }
        }
        let count = Double(Self.checkedPageCount)
        return (faults, [("rows", Double(rowCount) / count), ("items", Double(itemCount) / count)])
    }

    /// A page must be a page: rows, items, no title twice outside continue watching.
    @discardableResult
    static func check(_ body: Data, of user: String, into faults: inout [String]) throws -> CheckedPage {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let page = try decoder.decode(CheckedPage.self, from: body)
        let titles = page.rows.filter { $0.id != "continue_watching" }.flatMap { $0.items.map(\.titleId) }
        if page.rows.count < 3 { faults.append("\(user): only \(page.rows.count) rows") }
        if Set(titles).count != titles.count { faults.append("\(user): a title stands twice") }
        return page
    }

    struct CheckedPage: Decodable {
        struct Row: Decodable {
            struct Item: Decodable { var titleId: String }
            var id: String
            var items: [Item]
        }
        var isCold: Bool
        var rows: [Row]
    }
}
