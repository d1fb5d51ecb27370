import EventLog
import Events
import FeatureStore
import Features
import Jobs
import Logging

/// One life of a topic's job on its own thread: log → decode → engine → store → markers. It ends by `shouldStop` or by an error, after which
/// nothing of it is kept: the next life resumes from the markers (DESIGN §6.6).
final class JobRun {
    private static let recordCountMax = 4096
    private static let identityInterval = Duration.seconds(5)

    private let setup: JobSetup
    private var store: JobStore
    private let consumer: any LogConsumer
    private var intake: RecordIntake
    private var engines: [Int32: any PartitionEngine] = [:]
    private let began = ContinuousClock.now
    private var lastCommit = ContinuousClock.now
    private var lastTitleCommit = ContinuousClock.now
    private var lastIdentityCheck = ContinuousClock.now
    private var identity: StoreIdentity
    private var rate = RateEstimate()
    private var pace: CommitPace
    /// What the log held of each partition when it was begun.
    private var ranges: [Int32: PartitionRange] = [:]

    init(_ setup: JobSetup) throws {
        self.setup = setup
        pace = setup.pace
        intake = RecordIntake(setup)
        store = try setup.makeStore()
        identity = try store.identity()
        consumer = try setup.log.consumer(setup.topic, group: setup.group)
    }

    deinit { consumer.close() }

    func run(until shouldStop: () -> Bool) throws {
        setup.board.update(setup.namespace, setup.topic) {
            if $0.state != .running { $0.state = .waiting("the log has not assigned partitions yet") }
        }
        while !shouldStop(), !hasReachedStops {
            switch try poll() {
            case .assigned(let partitions): try take(up: partitions)
            case .revoked(let partitions): try give(up: partitions)
            case .records: try process()
            }
            try checkIdentity()
            if isCommitDue { try setup.stages.measure(.commit) { try commit() } }
        }
        try commit(titles: true)
        try report(rate.take() ?? 0)
    }

    private func poll() throws(LogError) -> PollResult {
        let result: Result<PollResult, LogError> = setup.stages.measure(.poll) {
            do throws(LogError) {
                return .success(
                    try consumer.poll(into: &intake.records, recordCountMax: JobRun.recordCountMax, timeoutMilliseconds: pollMilliseconds))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Another server, role or slot map than at the beginning of this life: what is cached may be more than what is stored. A lost
    /// connection shows at once; this finds what leaves connections open. So does a log out of reach, which a poll that brings nothing
    /// does not tell: one partition's range is asked for.
    private func checkIdentity() throws {
        guard ContinuousClock.now - lastIdentityCheck > JobRun.identityInterval else { return }
        try compareIdentity()
        if let partition = engines.keys.randomElement() { _ = try consumer.range(partition: partition) }
    }

    private func compareIdentity() throws(StoreError) {
        lastIdentityCheck = .now
        guard try store.identity() == identity else {
            throw StoreError(.unavailable, "another server, role or slot map answers than before; beginning again from the markers")
        }
    }

    // MARK: Partitions

    /// The job counts as running once the board shows what the markers of all its partitions say.
    private func take(up partitions: [Int32]) throws {
        try look()
        for partition in partitions { try begin(partition) }
        try report(rate.take() ?? 0)
        setup.board.update(setup.namespace, setup.topic) {
            $0.state = .running
            $0.partitions = engines.keys.sorted()
        }
    }

    /// Where markers and values are now, and that those who serve them are the ones of this life's beginning; it begins where the first partition
    /// comes, which a consumer group may be slow to assign.
    private func look() throws {
        if identity.slotMap.isEmpty { return }
        if engines.isEmpty {
            store = try setup.makeStore()
            identity = try store.identity()
        } else {
            try compareIdentity()
        }
        try store.locate(identity)
    }

    /// Loads the partition's markers and seeks to the lowest (DESIGN §6.6).
    private func begin(_ partition: Int32) throws {
        let (markers, titleMarker) = try store.markers(of: partition)
        var start = EngineStart(
            topic: setup.topic, partition: partition, generation: setup.generation,
            definition: try setup.definition(markers.definitionVersion(first: setup.firstDefinition)), markers: markers,
            titleMarker: titleMarker?.position)
        start.emits = setup.emits
        start.isFed = setup.isFed
        start.isSpread = !identity.slotMap.isEmpty
        start.places = store.places(of: partition)
        if setup.emits, let handover = setup.handover, markers.contains(where: { $0?.isEmitted == false }) {
            start.emittedUpTo = handover[partition] ?? -1
        }
        let range = try consumer.range(partition: partition)
        ranges[partition] = range
        if setup.emits, setup.topic == .quality, !identity.slotMap.isEmpty {
            // Sessions' streams stand on other nodes of a cluster than the markers: what a failing node has lost of them is behind no marker.
            // So all that outboxes still hold is emitted again; ids that a stream has are not added twice.
            let floor = start.markers.compactMap { $0?.outboxFloor }.max() ?? -1
            start.emittedUpTo = min(start.emittedUpTo ?? .max, max(floor, range.start - 1))
        }
        try start.check(range, hasOrigin: setup.origins[partition] != nil)
        try start.checkPlaces(
            titles: titleMarker?.home, now: store.titlePlace(of: partition), namespace: setup.namespace, isServing: setup.emits)
        engines[partition] = makeEngine(start)
        let first = max(start.resumeOffset, range.start, setup.origins[partition] ?? 0)
        if let stop = setup.stops?[partition], first >= stop { intake.next[partition] = stop } else { intake.next[partition] = first }
        try consumer.seek(partition: partition, to: min(first, range.end))
    }

    private func give(up partitions: [Int32]) throws {
        try commit(titles: true)
        for partition in partitions { engines[partition] = nil }
        setup.board.update(setup.namespace, setup.topic) { $0.partitions = engines.keys.sorted() }
    }

    // MARK: Processing

    private func process() throws {
        let count = intake.records.records.count
        guard count > 0 else {
            if pace.isBehind { pace.foundNothing(lag: try lag()) }
            return
        }
        try setup.stages.measure(.decode) { try intake.decode { engines[$0]?.definitionVersion } }
        let work = intake.batches.compactMap { partition, batch in
            batch.events.isEmpty ? nil : engines[partition].map { (partition: partition, batch: batch, engine: $0) }
        }
        try intake.records.bytes.withUnsafeBytes { bytes in
            let users = setup.stages.measure(.apply) {
                work.map { (partition: $0.partition, entries: $0.engine.missingUsers(of: $0.batch, bytes: bytes)) }
            }
            try setup.stages.measure(.load) {
                try store.loadUsers(users) { (partition, user, value) throws(StateError) in
                    try engines[partition]?.install(user, value: value)
                }
            }
            let titles = setup.stages.measure(.apply) {
                work.map { (partition: $0.partition, entries: $0.engine.process($0.batch, bytes: bytes)) }
            }
            try setup.stages.measure(.load) {
                try store.loadTitles(titles) { (partition, title, value) throws(StateError) in
                    try engines[partition]?.install(title, value: value)
                }
            }
            setup.stages.measure(.apply) { for (_, _, engine) in work { engine.settleTitles() } }
        }
        rate.add(count)
        pace.took(count)
    }

    /// True where all partitions have come to their stops: by a record, or by the log's word that none is missing before them.
    private var hasReachedStops: Bool {
        guard let stops = setup.stops else { return false }
        return stops.allSatisfy { partition, stop in intake.next[partition] != nil && nextRecord(of: partition) >= stop }
    }

    /// No record before this one is to come.
    private func nextRecord(of partition: Int32) -> Int64 {
        max(intake.next[partition] ?? 0, consumer.position(partition: partition) ?? 0)
    }

    // MARK: Committing

    private var pollMilliseconds: Int {
        let isClean = engines.values.allSatisfy { $0.changedUserCount == 0 && $0.changedTitleCount == 0 }
        return isClean ? 50 : pace.pollMilliseconds(after: ContinuousClock.now - lastCommit)
    }

    private var isCommitDue: Bool {
        engines.values.contains(where: \.mustCommit) || ContinuousClock.now - lastCommit >= pace.current
    }

    private func commit(titles: Bool = false) throws {
        lastCommit = .now
        let titleInterval = pace.isBehind ? max(CommitPace.titleBehindInterval, setup.titleCommitInterval) : setup.titleCommitInterval
        let withTitles =
            titles || lastCommit - lastTitleCommit >= titleInterval || engines.values.contains(where: \.mustCommitTitles)
        if withTitles { lastTitleCommit = lastCommit }
        let changedUserCount = engines.values.reduce(0) { $0 + $1.changedUserCount }
        let emitter = Emitter(setup: setup, store: store)
        let conflicts = try store.commit(engines, titles: withTitles) { emissions in if setup.emits { try emitter.emit(emissions) } }
        for (partition, engine) in engines where !conflicts.contains(partition) {
            engine.committed(titles: withTitles, at: Int64((.now - began) / .milliseconds(1)))
            consumer.commit(partition: partition, next: engine.titlePosition.offset + 1)
        }
        if !conflicts.isEmpty {
            // Rule 5: our copy is not what is stored. Drop it, read again, go back to the markers.
            let partitions = conflicts.sorted()
            setup.logger.notice(
                "conflict: rewinding to the markers", metadata: ["topic": "\(setup.topic.name)", "partitions": "\(partitions)"])
            try look()
            for partition in partitions { try begin(partition) }
        }
        setup.stages.committed(store.takeWritten(), ofChanged: changedUserCount, in: .now - lastCommit)
        if withTitles { try boundCache() }
        if let rate = rate.take() { try report(rate) }
    }

    private func boundCache() throws {
        func sum(_ value: (any PartitionEngine) -> Int) -> Int { engines.values.reduce(0) { $0 + value($1) } }
        guard
            sum(\.cachedUserCount) > setup.cachedUserCountMax || sum(\.outboxCount) > setup.cachedOutboxCountMax
                || sum(\.nameByteCount) > setup.cachedNameBytesMax
        else { return }
        for engine in engines.values { engine.dropCache() }
    }

    private func report(_ rate: Double) throws {
        var sum = Marker()
        for engine in engines.values {
            let summary = engine.summary
            sum.ledger = sum.ledger + summary.ledger
            sum.logTime = max(sum.logTime, summary.logTime)
            sum.asOf = max(sum.asOf, summary.asOf)
            sum.definitionVersion = max(sum.definitionVersion, summary.definitionVersion)
        }
        let lag = try lag()
        pace.saw(lag: lag, rate: rate)
        setup.board.update(setup.namespace, setup.topic) {
            $0.ledger = sum.ledger
            $0.logTime = sum.logTime
            $0.asOf = sum.asOf
            $0.definition = sum.definitionVersion
            $0.lag = lag
            $0.rate = rate
            $0.cachedUserCount = engines.values.reduce(0) { $0 + $1.cachedUserCount }
            if setup.stops == nil {
                $0.next = intake.next.filter { engines[$0.key] != nil }
                $0.reportedAt = .now
            }
        }
    }

    /// Records of the partitions in hand that have not been taken in.
    private func lag() throws(LogError) -> Int64 {
        var lag: Int64 = 0
        for partition in engines.keys {
            guard var range = ranges[partition] else { continue }
            if let stop = setup.stops?[partition] { range.end = stop } else { range.end = try consumer.knownEnd(partition: partition) }
            lag += range.count(from: nextRecord(of: partition))
        }
        return lag
    }
}
