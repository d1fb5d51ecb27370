import Catalog
import EventLog
import Events
import FeatureStore
import Features
import Foundation
import Oracle
import TestSupport

/// A whole torture run: real processes, a seeded stream, seeded disturbances; in the end the oracle on the raw log against what is stored.
package struct TortureRun: Sendable {
    private let settings: TortureSettings
    private let progress: @Sendable (String) -> Void

    package init(_ settings: TortureSettings, progress: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        self.progress = progress
    }

    private static let archiveLifeCountMax = 3

    /// Runs it to its end. Throws where it cannot judge.
    package func run() async throws -> TortureReport {
        let tally = Torturer.Tally()
        let brokers = try brokers()
        try await brokers?.start()
        let cluster = settings.redis == .cluster ? try await ClusterProcesses(seed: settings.seed &+ 3) : nil
        let premises = try Premises(settings, bootstrap: brokers?.bootstrap, store: cluster?.address.description)
        let servers: any FeatureServers = cluster ?? RedisProcess(premises, seed: settings.seed &+ 3)
        try await servers.start()
        let gateway = GatewayProcess(premises)
        try await gateway.start()
        let raw = try await RawLog(premises)
        let fleet = WorkerFleet(premises, seed: settings.seed &+ 4)
        let torturer = Torturer(
            settings: settings, gate: FeedGate(), gateway: gateway, servers: servers, brokers: brokers, fleet: fleet, raw: raw,
            tally: tally, progress: progress)
        await tally.endPhase("starting")
        try await live(torturer, raw, try catalog())
        progress("all is quiet; judging")
        // Idle members of consumer groups keep the broker busier than the judging keeps us. On a cluster they are needed: they send again what
        // a lost node has taken of the signals.
        var faults = settings.redis == .cluster ? [] : await fleet.stop()
        var report = try await judge(torturer, raw)
        if settings.redis == .cluster { faults = await fleet.stop() }
        if settings.verifies { try await verify(premises, &report) }
        report.phases.end("recs verify")
        // An archive job that found no room tries again after five seconds; workers that end before that leave the rest to their next life.
        for _ in 0..<TortureRun.archiveLifeCountMax where try await !archiveFaults(premises, raw).isEmpty {
            progress("the archive lags; one more life for the workers")
            faults += try await fleet.run { try await Task.sleep(for: .seconds(6)) }
        }
        for fault in faults { report.judgement.addMismatch(fault) }
        if try await gateway.stop() != 0 { report.judgement.addMismatch("recs serve did not end in order") }
        try await checkArchive(premises, raw, &report)
        await raw.log.close()
        await servers.stop()
        try await brokers?.stop()
        report.phases.end("stopping and checking the archive")
        if !report.judgement.isClean { try keep(premises.folder) }
        return report
    }

    private func brokers() throws -> (any Brokers)? {
        switch settings.log {
        case .embedded: nil
        case .kafka: BrokerProcess()
        case .mock: try MockBrokers(seed: settings.seed &+ 5)
        }
    }

    private func catalog() throws -> Catalog {
        let document = try CatalogDocument.parse(Data(contentsOf: Repository.root.appendingPathComponent("Data/catalog/catalog.json")))
        return try document.catalog(version: 1)
    }

    /// Feeds and disturbs, until everything is over and every marker is at the end of its log.
    private func live(_ torturer: Torturer, _ raw: RawLog, _ catalog: Catalog) async throws {
        let titles = catalog.titles.prefix(30).map(\.id.description) + (0..<10).map { "unheard-of-\($0)" }
        let stream = EventStream(seed: settings.seed, titles: titles, userCount: settings.userCount, start: millisecondsNow())
        let (gate, fleet, servers) = (torturer.gate, torturer.fleet, torturer.servers)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await fleet.tend()
                    await servers.note()
                    try? await Task.sleep(for: .milliseconds(30))
                }
                return false
            }
            group.addTask {
                try await Feeder(gateway: torturer.gateway, gate: gate).run(stream)
                return false
            }
            group.addTask {
                try await torturer.run()
                await gate.end()
                try await settle(torturer, raw)
                await torturer.tally.endPhase("settling")
                return true
            }
            while let isOver = try await group.next(), !isOver {}
            group.cancelAll()
        }
    }

    /// Waits until no marker lags and nothing comes any more.
    private func settle(_ torturer: Torturer, _ raw: RawLog) async throws {
        let deadline = ContinuousClock.now + .seconds(settings.log != .embedded ? 400 : 240)
        var quiet = 0
        var told = -1
        var seen: [Topic: [Int32: Int64]] = [:]
        var lags: [String] = []
        while quiet < 3 {
            try Task.checkCancellation()
            guard ContinuousClock.now < deadline else {
                throw TortureError("the jobs do not catch up:\n\(lags.joined(separator: "\n"))\n\(await torturer.fleet.lastWords)")
            }
            try await Task.sleep(for: .milliseconds(300))
            if !lags.isEmpty { try await torturer.forgetTheDead() }
            lags = try await torturer.lags(of: Topic.allCases.filter(\.hasJob))
            var ends: [Topic: [Int32: Int64]] = [:]
            for topic in Topic.allCases { ends[topic] = try await raw.ends(topic) }
            quiet = lags.isEmpty && ends == seen ? quiet + 1 : 0
            seen = ends
            if lags.count != told { progress("settling: \(lags.count) partitions lag") }
            told = lags.count
        }
    }

    // MARK: Judging

    private func judge(_ torturer: Torturer, _ raw: RawLog) async throws -> TortureReport {
        let catalog = try catalog()
        let address = torturer.servers.address
        let progress = progress
        let masters = try await torturer.servers.masters()
        var (judgement, count, phases) = try await onOwnThread { () throws -> (Judgement, Int, Phases) in
            var phases = Phases()
            var events: [OracleEvent] = []
            for topic in Topic.allCases where topic.hasJob { events += try raw.records(topic) }
            phases.end("reading the log")
            progress("\(events.count) records read; asking the oracle")
            let oracle = Oracle(events, settings: OracleSettings(catalog: catalog, tests: [TortureRun.test]))
            phases.end("judging each record")
            progress("reading the features")
            var comparison = Comparison(oracle: oracle, stored: try StoredFeatures(StoreConnection(address)))
            phases.end("reading the features")
            for topic in Topic.allCases where topic.hasJob {
                progress("comparing \(topic.name)")
                for partition in 0..<Int32(RawLog.partitionCount) { try comparison.compare(Oracle.Place(topic, partition)) }
            }
            comparison.compareForwards(events.filter { $0.topic == .attribution })
            comparison.compareDeadLetters(try raw.records(.deadLetters))
            phases.end("comparing features")
            progress("comparing signals")
            comparison.compareSignals(try TortureRun.signals(masters, for: comparison))
            phases.end("comparing signals")
            return (comparison.judgement, events.count, phases)
        }
        for fault in await torturer.fleet.unexpected { judgement.addMismatch(fault) }
        var report = TortureReport(seed: settings.seed, judgement: judgement)
        report.counts = await counts(torturer)
        report.phases = await torturer.tally.phases
        report.phases.append(phases)
        report.recordCount = count
        report.sentCount = await torturer.gate.sent
        report.retryCount = await torturer.gate.retries
        report.erasureCount = await torturer.tally.erasures
        report.forgottenByteCount = await torturer.tally.bytesForgotten
        return report
    }

    /// The streams of signals. What a node of a cluster has lost of them stands behind no marker: a job sees by a look every five seconds at
    /// the latest that a node has changed, begins anew, and sends all again that outboxes hold.
    private static func signals(_ masters: [[String]], for comparison: Comparison) throws -> StoredSignals {
        var signals = try StoredSignals(masters)
        _ = try eventually(within: masters.count > 1 ? 60 : 0) {
            if !comparison.lacks(signals) { return true }
            signals = try StoredSignals(masters)
            return false
        }
        return signals
    }

    /// What was planned, begun and survived, by kind.
    private func counts(_ torturer: Torturer) async -> [Disturbance: TortureReport.Count] {
        var counts: [Disturbance: TortureReport.Count] = [:]
        for kind in Disturbance.schedule(settings) { counts[kind, default: .init()].planned += 1 }
        for (kind, count) in await torturer.tally.dealt { counts[kind, default: .init()].dealt += count }
        for (kind, count) in await torturer.tally.survived { counts[kind, default: .init()].survived += count }
        for (kind, count) in await torturer.fleet.deaths { counts[kind, default: .init()].survived += count }
        return counts
    }

    private static let test = ThumbnailTest(
        id: TestID(EventStream.test), title: TitleID(EventStream.testedTitle),
        variants: EventStream.variants.map { .init(id: VariantID($0.0), artwork: ArtworkID($0.1), weight: 0.33) }, coverage: 1)

    /// A second opinion.
    private func verify(_ premises: Premises, _ report: inout TortureReport) async throws {
        progress("recs verify")
        let process = try premises.start(settings.binary, ["verify"] + premises.options)
        if await !comesTrue(within: 600, { !process.isRunning }) { process.signal(SIGKILL) }
        let status = process.wait()
        report.verification = String(process.standardOutput.split(separator: "\n").last ?? "")
        if status != 0 {
            report.judgement.addMismatch(
                "recs verify ended with status \(status): \(process.standardOutput.prefix(4000)) \(process.standardError.suffix(1000))")
        }
    }

    /// What was archived is whole, and is all that is on the log: workers write what they still hold when they stop.
    private func checkArchive(_ premises: Premises, _ raw: RawLog, _ report: inout TortureReport) async throws {
        progress("recs archive check")
        let process = try premises.start(settings.binary, ["archive", "check"] + premises.options)
        if await !comesTrue(within: 300, { !process.isRunning }) { process.signal(SIGKILL) }
        if process.wait() != 0 {
            report.judgement.addMismatch("recs archive check: \(process.standardOutput.suffix(2000)) \(process.standardError.suffix(1000))")
        }
        report.judgement.noteCompared("partitions of the archive", Topic.allCases.count(where: \.hasJob) * RawLog.partitionCount)
        for fault in try await archiveFaults(premises, raw) { report.judgement.addMismatch(fault) }
    }

    /// Where the archive is not what the log is.
    private func archiveFaults(_ premises: Premises, _ raw: RawLog) async throws -> [String] {
        var faults: [String] = []
        for topic in Topic.allCases where topic.hasJob {
            let reader = ArchiveReader(Archive(folder: premises.dataFolder + "/archive"), topic: topic)
            defer { reader.close() }
            let ranges = try reader.ranges()
            for (partition, last) in try await raw.ends(topic) where last >= 0 {
                let range = ranges.first { $0.partition == partition }
                if range?.start != 0 || range?.end != last + 1 {
                    faults.append(
                        "archive of \(topic.name) \(partition): the last offset is \(last), archived are \(String(describing: range))")
                }
            }
        }
        return faults
    }

    /// Leaves the files of a failed run for a look.
    private func keep(_ folder: TemporaryFolder) throws {
        let kept = FileManager.default.temporaryDirectory.appendingPathComponent("recs-torture-\(settings.seed)-\(settings.log.rawValue)")
        if FileManager.default.fileExists(atPath: kept.path) { try FileManager.default.removeItem(at: kept) }
        try FileManager.default.moveItem(at: folder.url, to: kept)
        progress("the files of this run are kept in \(kept.path)")
    }
}
