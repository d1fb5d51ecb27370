import Catalog
import Events
import Features
import Jobs
import Testing

/// A log, a store, and where emissions go: what a partition's worker sees of the world.
final class EngineWorld {
    static let bucketCount = 3
    private static let keys = Keys(namespace: "test", bucketsPerPartition: bucketCount)

    struct Crash: Error {}

    var log: EngineLog
    let partition: Int32
    let settings: JobSettings
    let catalog: Catalog
    var store = EngineStore()
    /// All that was sent, as often as it was.
    private(set) var emissions: [Emission] = []
    /// Records on other topics, in words; a set because a receiver takes each once.
    private(set) var forwards: Set<String> = []
    private(set) var deadLetters: Set<String> = []
    /// The worker dies instead of making the write after so many; nil: it does not.
    var writesLeft: Int?
    /// True where the store is several servers.
    var isSpread = false
    /// Where the buckets are in a cluster.
    var places: [SlotPlace] = []
    /// Entries of a viewer's outbox that may wait for a minute of log time.
    var outboxCountMax = 128
    /// The workers' clock, milliseconds.
    var clock: Int64 = 0
    /// False while another namespace serves, and where this one took over, if it did.
    var emits = true
    var handover: Int64?
    /// Comes before each write.
    var onWrite: () throws -> Void = {}

    init(_ log: EngineLog, partition: Int32 = 0, settings: JobSettings = testSettings, catalog: Catalog = smallCatalog) {
        self.log = log
        self.partition = partition
        self.settings = settings
        self.catalog = catalog
    }

    static func bucketIndex(of user: String) -> Int {
        Int(keys.bucket(user: UserID(user), partition: 0).index)
    }

    /// A worker's new engine, from the markers.
    func begin() throws -> EngineLife {
        let markers = try markers
        let first = Definition(version: 0, settings: settings, catalog: catalog)
        let version = markers.definitionVersion(first: 0)
        var start = EngineStart(
            topic: log.topic, partition: partition, generation: EngineLog.generation,
            definition: log.definitions.first { $0.version == version } ?? first, markers: markers,
            titleMarker: try marker("m/titles")?.position)
        start.isSpread = isSpread
        start.places = places
        start.outboxCountMax = outboxCountMax
        start.emits = emits
        start.isFed = !emits
        if emits, markers.contains(where: { $0?.isEmitted == false }) { start.emittedUpTo = handover }
        #expect(try !isBelowFloor && outboxFloor <= start.emittedUpTo ?? .max, "the worker would halt")
        return EngineLife(self, start)
    }

    var markers: [Marker?] {
        get throws { try (0..<EngineWorld.bucketCount).map { try marker("m/\($0)") } }
    }

    /// Outbox entries up to it may be gone.
    var outboxFloor: Int64 {
        get throws { try markers.reduce(-1) { max($0, $1?.outboxFloor ?? -1) } }
    }

    /// True where outbox entries may be gone that the title values need (DESIGN §6.6).
    var isBelowFloor: Bool {
        get throws { try outboxFloor > (try marker("m/titles")?.position.offset ?? -1) }
    }

    /// A new life that reads what is left and commits all.
    func catchUp() throws -> EngineOutcome {
        let life = try begin()
        try life.read(log.records.count)
        let isAgreed = try life.commit(titles: true)
        #expect(isAgreed)
        return try outcome
    }

    /// A life that reads so many records more and dies in its commit, after so many writes.
    func live(reading count: Int, titles: Bool = false, writes: Int) throws {
        let life = try begin()
        try life.read(count)
        writesLeft = writes
        defer { writesLeft = nil }
        #expect(throws: Crash.self) { try life.commit(titles: titles) }
    }

    func marker(_ key: String) throws -> Marker? {
        try store.values[key]?.withUnsafeBytes { bytes throws(StateError) in try Marker(bytes: bytes) }
    }

    fileprivate func write(_ body: () -> Void) throws {
        try onWrite()
        if let left = writesLeft {
            guard left > 0 else { throw Crash() }
            writesLeft = left - 1
        }
        body()
    }

    fileprivate func emit(_ emission: Emission) throws {
        let words = spell(emission)
        try write {
            emissions.append(emission)
            switch emission {
            case .forward: forwards.insert(words)
            case .deadLetter: deadLetters.insert(words)
            case .signal(let session, let offset, _, _, _, _, _):
                // A stream takes only what is newer than its newest.
                let newest = store.values(under: "s/\(session)/").keys.compactMap { Int64($0) }.max() ?? -1
                if offset > newest { store.set("s/\(session)/\(offset)", Array(words.utf8)) }
            }
        }
    }

    private func spell(_ emission: Emission) -> String {
        switch emission {
        case .forward(let user, let offset, let index, let kind, let test, let variant, let segment, let at):
            "\(offset).\(index) \(String(decoding: user, as: UTF8.self)) \(kind) \(test) \(variant) \(segment) \(at)"
        case .signal(let session, let offset, let rung, let bitrate, let empties, let reason, let at):
            "\(offset) \(session) \(rung) \(bitrate) \(empties) \(reason) \(at)"
        case .deadLetter(let user, let offset, let reason, let value):
            "\(offset) \(String(decoding: user, as: UTF8.self)) \(reason) \(String(decoding: value, as: UTF8.self))"
        }
    }
}

/// One life of a worker with its engine; it does what the service's job does, in the same order.
final class EngineLife {
    private let world: EngineWorld
    private let emits: Bool
    let engine: any PartitionEngine
    /// The record to be read next.
    private(set) var next: Int

    init(_ world: EngineWorld, _ start: EngineStart) {
        self.world = world
        emits = start.emits
        engine = makeEngine(start)
        next = world.log.records.firstIndex { $0.event.offset >= start.resumeOffset } ?? world.log.records.count
    }

    var isAtEnd: Bool { next == world.log.records.count }

    /// Polls up to `count` records and processes them.
    func read(_ count: Int) throws {
        let range = next..<min(next + count, world.log.records.count)
        var (batch, bytes) = world.log.batch(range, padding: next % 7)
        batch.definitions = batch.definitions.filter { $0.version > engine.definitionVersion }
        try bytes.withUnsafeBytes { bytes in
            for user in engine.missingUsers(of: batch, bytes: bytes) {
                try with("u/\(user.bucket.index)/\(String(decoding: user.user, as: UTF8.self))") { try engine.install(user, value: $0) }
            }
            for title in engine.process(batch, bytes: bytes) {
                try with("t/\(String(decoding: title.title, as: UTF8.self))") { try engine.install(title, value: $0) }
            }
            engine.settleTitles()
        }
        next = range.upperBound
    }

    private func with(_ key: String, _ body: (UnsafeRawBufferPointer?) throws -> Void) throws {
        guard let value = world.store.values[key] else { return try body(nil) }
        try value.withUnsafeBytes { try body($0) }
    }

    /// Viewers' values, emissions, title values, markers. False: the store held something else than we thought.
    func commit(titles: Bool) throws -> Bool {
        let titles = titles || engine.mustCommitTitles
        var writes: [Write] = []
        func append(_ write: UserWrite) {
            let user = String(decoding: write.user, as: UTF8.self)
            writes.append(Write(key: "u/\(write.bucket.index)/\(user)", expected: write.expected, value: Array(write.value)))
        }
        engine.collectUsers(append)
        guard try put(writes) else { return false }
        for emission in engine.takeEmissions() where emits { try world.emit(emission) }
        if titles {
            writes.removeAll()
            engine.collectTitles { write in
                let title = String(decoding: write.title, as: UTF8.self)
                writes.append(Write(key: "t/\(title)", expected: write.expected, value: Array(write.value)))
            }
            guard try put(writes) else { return false }
            writes.removeAll()
            engine.collectErasures(append)
            guard try put(writes) else { return false }
        }
        guard try put(markers(titles: titles)) else { return false }
        engine.committed(titles: titles, at: world.clock)
        return true
    }

    private struct Write {
        var key: String
        var expected: Position?
        var value: [UInt8]
    }

    private func markers(titles: Bool) -> [Write] {
        var writes: [Write] = []
        engine.collectMarkers { bucket, marker, expected in
            writes.append(Write(key: "m/\(bucket.index)", expected: expected, value: marker.encoded()))
        }
        if titles && engine.titleMarkerExpected != engine.titlePosition {
            var marker = Marker()
            marker.position = engine.titlePosition
            writes.append(Write(key: "m/titles", expected: engine.titleMarkerExpected, value: marker.encoded()))
        }
        return writes
    }

    /// All are tried; true where all agreed.
    private func put(_ writes: [Write]) throws -> Bool {
        var isAgreed = true
        for write in writes {
            try world.write {
                if !world.store.put(write.key, expected: write.expected, write.value) { isAgreed = false }
            }
        }
        return isAgreed
    }
}
