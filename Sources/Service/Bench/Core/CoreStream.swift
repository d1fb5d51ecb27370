import Avro
import Catalog
import EventLog
import Events
import Features

/// Seeded `play_start` events for `CoreBench`, in Confluent wire format: titles by Zipf's law, repeats as devices send them, bots.
struct CoreStream {
    /// The events' schema id on the log.
    static let schemaID: Int32 = 1
    private static let hourMilliseconds: Int64 = 3_600_000
    /// 2026-01-01T00:00:00Z.
    private static let startTime: Int64 = 1_767_225_600_000
    private static let hourCount: Int64 = 6
    /// A repeat is of one of the last so many events.
    private static let repeatReach = 100_000
    private static let regions = ["SEA", "EU", "NA", "LATAM"]

    private let settings: CoreBench
    private var random: SimulationRandom
    /// Running sums of the titles' weights.
    private let weights: [Double]
    private var made = 0
    /// The last records, a ring.
    private var recent: [(key: [UInt8], value: [UInt8])] = []
    /// Events sent a second time, and first sendings by bots.
    private(set) var repeatCount = 0
    private(set) var botCount = 0

    init(_ settings: CoreBench) {
        self.settings = settings
        random = SimulationRandom(seed: settings.seed)
        var sum = 0.0
        weights = (1...settings.titleCount).map { rank in
            sum += 1 / Double(rank)
            return sum
        }
    }

    /// A catalogue of one to three genres a title.
    static func catalog(_ settings: CoreBench) -> Catalog {
        var random = SimulationRandom(seed: settings.seed ^ 0xca7a_1096)
        let genreCount = 20
        let titles = (1...settings.titleCount).map { number in
            let genres = Set((0...random.below(3)).map { _ in GenreID(UInt8(1 + random.below(genreCount))) }).sorted()
            return Title(
                id: TitleID("t-\(number)"), name: "Title \(number)", year: 2020, runtimeMilliseconds: 5_400_000, genres: genres,
                maturity: 0,
                regions: [], addedAt: 0, artworks: [], isAvailable: true)
        }
        return Catalog(version: 1, titles: titles, genreNames: [""] + (1...genreCount).map { "genre \($0)" })
    }

    /// The next events, at most `count`; empty at the end.
    mutating func next(_ count: Int) -> AppendBatch {
        var batch = AppendBatch()
        for _ in 0..<min(count, settings.eventCount - made) {
            let isRepeat = !recent.isEmpty && random.chance(settings.repeatShare)
            let record = isRepeat ? recent[random.below(recent.count)] : makeRecord()
            if isRepeat {
                repeatCount += 1
            } else if recent.count < Self.repeatReach {
                recent.append(record)
            } else {
                recent[made % Self.repeatReach] = record
            }
            let start = batch.bytes.count
            batch.bytes += record.key
            batch.bytes += record.value
            batch.records.append(
                .init(
                    topic: .play, key: Slice(offset: start, count: record.key.count),
                    value: Slice(offset: start + record.key.count, count: record.value.count)))
            made += 1
        }
        return batch
    }

    private mutating func makeRecord() -> (key: [UInt8], value: [UInt8]) {
        let number = random.below(settings.userCount)
        let isBot = random.chance(settings.botShare)
        if isBot { botCount += 1 }
        let user = "\(isBot ? "bot" : "u")-\(String(1_000_000 + number).dropFirst())"
        let title = "t-\(1 + random.index(cumulative: weights))"
        let share = Double(made) / Double(settings.eventCount)
        let time = Self.startTime + Int64(share * Double(Self.hourCount * Self.hourMilliseconds)) + random.milliseconds(0...60)
        var value: [UInt8] = [0]
        withUnsafeBytes(of: Self.schemaID.bigEndian) { value += $0 }
        AvroWriter.string(
            EventID(high: random.word() & 0xffff_ffff_ffff_0fff | 0x4000, low: random.word() >> 2 | 1 << 63).text, into: &value)
        AvroWriter.string("play_start", into: &value)
        AvroWriter.string(user, into: &value)
        AvroWriter.string("d-\(user)-\(random.below(3))", into: &value)
        AvroWriter.string("s-\(random.word() % 100_000_000)", into: &value)
        AvroWriter.long(time, into: &value)
        AvroWriter.string(Self.regions[number % Self.regions.count], into: &value)
        AvroWriter.string(title, into: &value)
        AvroWriter.long(0, into: &value)
        AvroWriter.long(1, into: &value)
        AvroWriter.long(5_400_000, into: &value)
        AvroWriter.long(1, into: &value)
        AvroWriter.string("\(title)-a", into: &value)
        AvroWriter.long(1, into: &value)
        AvroWriter.string("top_picks", into: &value)
        return (Array(user.utf8), value)
    }
}
