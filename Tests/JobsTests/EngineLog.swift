import Catalog
import Events
import Features
import Jobs
import TestSupport

/// One partition's records, good and bad, over one buffer of bytes.
struct EngineLog {
    static let generation: UInt64 = 7
    static let base: Int64 = 1_760_000_000_000

    struct Record {
        var event: Event
        var key: Slice
        var value: Slice
        var fault: DeadLetterReason?
        /// Of an erasure: the offset at which it stands on its topic, by type of forward; what comes of records up to there is too late.
        var erasedUpTo: [EventType: Int64] = [:]
    }

    let topic: Topic
    private(set) var records: [Record] = []
    /// What the change records name.
    private(set) var definitions: [Definition] = []
    private(set) var maker = EventMaker()
    private var nextID: UInt64 = 1
    var appendTime = EngineLog.base
    private var offset: Int64 = 0

    init(_ topic: Topic) { self.topic = topic }

    func text(_ slice: Slice) -> String { String(decoding: maker.bytes[slice.range], as: UTF8.self) }

    // MARK: Writing

    /// Appends an event of a viewer, as `change` makes it.
    mutating func append(_ type: EventType, user: String, id: UInt64? = nil, change: (inout Event, inout EventMaker) -> Void = { _, _ in })
    {
        var event = maker.event(type, at: appendTime, title: "t1", session: "s-\(user)", region: "SEA")
        event.user = maker.slice(user)
        event.id = EventID(high: 9, low: id ?? nextID)
        nextID += 1
        change(&event, &maker)
        append(Record(event: event, key: event.user, value: maker.slice("value \(nextID)"), fault: nil))
    }

    /// Appends a record once more: a device's retry.
    mutating func append(_ record: Record) {
        var record = record
        record.event.offset = offset
        record.event.appendTime = appendTime
        offset += 1
        records.append(record)
    }

    /// Appends a viewer's erasure that tells its offsets among impressions, plays and assignments.
    mutating func appendErasure(of user: String, upTo offsets: [Int64]) {
        append(.userErased, user: user) { event, maker in event.list = maker.list(offsets) }
        let types: [EventType] = [.attributionImpression, .attributionPlay, .attributionAssignment]
        changeLast { record, _ in record.erasedUpTo = Dictionary(uniqueKeysWithValues: zip(types, offsets)) }
    }

    /// Puts a definition in force from here on; one appended before may come again.
    mutating func append(_ definition: Definition) {
        if !definitions.contains(where: { $0.version == definition.version }) { definitions.append(definition) }
        var event = Event(type: .definitionsChanged)
        event.number = definition.version
        append(Record(event: event, key: .empty, value: maker.slice("definition \(definition.version)"), fault: nil))
    }

    /// Leaves out an offset, as a broker's own records do.
    mutating func skipOffset() { offset += 1 }

    mutating func changeLast(_ change: (inout Record, inout EventMaker) -> Void) { self.change(records.count - 1, change) }

    mutating func change(_ index: Int, _ change: (inout Record, inout EventMaker) -> Void) { change(&records[index], &maker) }

    // MARK: Reading

    /// Some records as a poll gives them: slices of a buffer that is this batch's own.
    func batch(_ range: Range<Int>, padding: Int) -> (batch: EventBatch, bytes: [UInt8]) {
        var batch = EventBatch()
        let fields: [WritableKeyPath<Event, Slice>] = [
            \.user, \.device, \.session, \.region, \.title, \.artwork, \.row, \.text, \.detail, \.segment, \.list,
        ]
        for record in records[range] {
            var event = record.event
            for field in fields { event[keyPath: field] = moved(event[keyPath: field], by: padding) }
            batch.append(event, key: moved(record.key, by: padding), value: moved(record.value, by: padding), fault: record.fault)
            if event.type == .definitionsChanged { batch.definitions += definitions.filter { $0.version == event.number } }
        }
        return (batch, Array(repeating: 0x2a, count: padding) + maker.bytes)
    }

    private func moved(_ slice: Slice, by padding: Int) -> Slice {
        Slice(offset: Int(slice.offset) + padding, count: Int(slice.count))
    }
}

// MARK: Random logs

extension EngineLog {
    /// So many steps of viewers in several buckets, bots, retries near and far, late events, bad records, erasures, offsets left out, clocks
    /// that step, weeks and months of silence, and definitions that change, where that is wanted.
    static func random(_ topic: Topic, seed: UInt64, count: Int, userCount: Int = 6, changesDefinitions: Bool = true, erases: Bool = true)
        -> EngineLog
    {
        var random = SplitMix64(seed: seed)
        var log = EngineLog(topic)
        for _ in 0..<count {
            log.passTime(&random)
            let kind = Int.random(in: 0..<100, using: &random)
            let user = "u\(Int.random(in: 0..<userCount, using: &random))"
            switch kind {
            case 0..<4: log.append(log.someType(&random), user: kind < 2 ? "bot-\(user)" : "loadtest-\(user)")
            case 4..<18 where !log.records.isEmpty: log.retry(&random)
            case 18..<20 where erases: log.appendErasure(of: user, &random)
            case 20..<22 where !log.records.isEmpty: log.skipOffset()
            case 22..<25: log.appendBurst(of: user, &random)
            case 97..<100 where changesDefinitions:
                log.append(.variant(Int64.random(in: 1...Int64(log.definitions.count + 1), using: &random)))
            default:
                log.append(log.someType(&random), user: user) { EngineLog.fill(&$0, &$1, user: user, &random) }
                if kind < 35 { log.spoil(kind, &random) }
            }
        }
        return log
    }

    private mutating func passTime(_ random: inout SplitMix64) {
        switch Int.random(in: 0..<60, using: &random) {
        case 0: appendTime += Int64.random(in: 80_000_000...100_000_000, using: &random)
        case 7: appendTime += [8, 91][Int.random(in: 0..<2, using: &random)] * 86_400_000
        case 1..<5: appendTime += 400_000
        case 5..<7: appendTime -= 2000
        default: appendTime += Int64.random(in: 1...20_000, using: &random)
        }
    }

    private mutating func retry(_ random: inout SplitMix64) {
        let reach = Bool.random(using: &random) ? min(10, records.count) : records.count
        append(records[records.count - Int.random(in: 1...reach, using: &random)])
    }

    /// Up to 200 events of one viewer in a row, now and then: more than the recent ids hold.
    private mutating func appendBurst(of user: String, _ random: inout SplitMix64) {
        let count = Int.random(in: 0..<6, using: &random) == 0 ? 200 : 4
        for _ in 0..<count {
            appendTime += 100
            append(someType(&random), user: user) { EngineLog.fill(&$0, &$1, user: user, &random) }
        }
    }

    /// An erasure; of those that forwards are concerned by, some do not tell up to where.
    mutating func appendErasure(of user: String, _ random: inout SplitMix64) {
        guard topic == .attribution, Int.random(in: 0..<4, using: &random) > 0 else { return append(.userErased, user: user) }
        let place = maker.offset
        appendErasure(of: user, upTo: (0..<3).map { _ in max(-1, place + Int64.random(in: -20...20, using: &random)) })
    }

    /// The offset that a forward tells of its source, before the place or behind it; now and then none.
    static func sourceOffset(near place: Int64, _ random: inout SplitMix64) -> Int64 {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: Event.absent
        case 1: -1
        default: max(0, place + Int64.random(in: -25...25, using: &random))
        }
    }

    /// Makes the last record one that cannot be used.
    mutating func spoil(_ kind: Int, _ random: inout SplitMix64) {
        let older = records.randomElement(using: &random)?.event.id
        changeLast { record, maker in
            switch kind {
            case 25: record.fault = .undecodable
            case 26: record.key = maker.slice("someone else")
            case 27: record.event.timestamp = record.event.appendTime + 300_001
            case 28: record.event.device = maker.slice("test-device")
            case 29: record.event.type = .deadLetter
            case 30: record.event.id = older ?? record.event.id
            default: EngineLog.refuse(&record.event, &maker)
            }
            if kind == 30 { EngineLog.refuse(&record.event, &maker) }
        }
    }

    /// Makes an event one that its topic's operator refuses.
    static func refuse(_ event: inout Event, _ maker: inout EventMaker) {
        switch event.type {
        case .searchQuery: event.type = .searchResultClick
        case .rowImpression, .scrollPosition: event.type = .titleHovered
        default: break
        }
        event.title = event.type.topic == .error ? maker.slice(String(repeating: "x", count: 129)) : .empty
        event.text = .empty
    }

    private func someType(_ random: inout SplitMix64) -> EventType {
        let types = EventType.allCases.filter { $0.topic == topic }
        return types[Int.random(in: 0..<types.count, using: &random)]
    }

    static func fill(_ event: inout Event, _ maker: inout EventMaker, user: String, _ random: inout SplitMix64) {
        let lateness = Int.random(in: 0..<10, using: &random) == 0 ? Int64(200_000_000) : 600_000
        event.timestamp -= Int64.random(in: 0...lateness, using: &random)
        event.title = maker.slice("t\(Int.random(in: 0..<5, using: &random))")
        event.session = maker.slice("s-\(user)-\(Int.random(in: 0..<2, using: &random))")
        event.region = maker.slice(["SEA", "US", ""][Int.random(in: 0..<3, using: &random)])
        event.artwork = maker.slice(["art-a", "art-b", "art-c"][Int.random(in: 0..<3, using: &random)])
        event.positionMilliseconds = Int64.random(in: 0...7_200_000, using: &random)
        event.watchedMilliseconds = Int64.random(in: 0...400_000, using: &random)
        event.value = Double(Int.random(in: 1...10, using: &random)) / 2
        switch event.type.topic {
        case .search: event.text = maker.slice("query \(Int.random(in: 0..<6, using: &random))")
        case .impression: event.list = maker.list((0..<4).map { _ in "t\(Int.random(in: 0..<4, using: &random))" })
        case .error: event.text = maker.slice("E\(Int.random(in: 0..<4, using: &random))")
        case .quality: fillSample(&event, &maker, &random)
        case .experiment, .attribution:
            event.text = maker.slice(["test", "other"][Int.random(in: 0..<2, using: &random)])
            event.detail = maker.slice(["a", "b"][Int.random(in: 0..<2, using: &random)])
            event.segment = maker.slice(["", "new", "old"][Int.random(in: 0..<3, using: &random)])
            event.value = 0.5
            if event.type.topic == .attribution { event.number = sourceOffset(near: event.offset, &random) }
        default: break
        }
    }

    private static func fillSample(_ event: inout Event, _ maker: inout EventMaker, _ random: inout SplitMix64) {
        event.timestamp = event.appendTime
        event.throughputKbps = Int64.random(in: 200...2000, using: &random)
        event.bufferMilliseconds = Int64.random(in: 300...9000, using: &random)
        event.bitrateKbps = 3000
        event.number = 2
        event.list = maker.list([300, 700, 1500, 3000])
    }
}

extension Definition {
    /// Other genres, running times, weights, bots and tests than any other version has.
    static func variant(_ version: Int64) -> Definition {
        var settings = testSettings
        settings.completedPlay += 100 * version
        settings.hover += version
        settings.coPlayDistanceMax = 1 + Int(version % 8)
        settings.filteredPrefixes = version % 2 == 0 ? ["bot-", "u3"] : ["loadtest-"]
        if version % 3 == 2 { settings.tests = [] }
        var titles = smallCatalog.titles
        for index in titles.indices {
            titles[index].genres = genres(ofTitle: index + Int(version))
            titles[index].runtimeMilliseconds += version * 60_000
        }
        let catalog = Catalog(version: version, titles: titles, genreNames: smallCatalog.genreNames)
        return Definition(version: version, settings: settings, catalog: catalog)
    }
}
