import Catalog
import Events
import Features
import Jobs

/// Makes events whose texts are slices of one buffer, as a decoded batch has them.
struct EventMaker {
    private(set) var bytes: [UInt8] = []
    /// Of the event made next.
    private(set) var offset: Int64 = 0

    mutating func slice(_ text: String) -> Slice { slice(Array(text.utf8)) }

    mutating func slice(_ data: [UInt8]) -> Slice {
        defer { bytes += data }
        return Slice(offset: bytes.count, count: data.count)
    }

    mutating func event(_ type: EventType, at: Int64, title: String = "", session: String = "", region: String = "") -> Event {
        var event = Event(type: type)
        event.id = EventID(high: 1, low: UInt64(offset))
        event.user = slice("u1")
        event.title = slice(title)
        event.session = slice(session)
        event.region = slice(region)
        event.timestamp = at
        event.appendTime = at
        event.offset = offset
        offset += 1
        return event
    }

    /// An Avro array of strings, in blocks of up to `blockCount`, every other one with its size.
    mutating func list(_ texts: [String], blockCount: Int = 3) -> Slice {
        var list: [UInt8] = []
        for start in stride(from: 0, to: texts.count, by: blockCount) {
            let block = texts[start..<min(start + blockCount, texts.count)]
            let items = block.flatMap { EventMaker.long(Int64($0.utf8.count)) + Array($0.utf8) }
            let isSized = (start / blockCount) % 2 == 1
            list += EventMaker.long(Int64(isSized ? -block.count : block.count))
            if isSized { list += EventMaker.long(Int64(items.count)) }
            list += items
        }
        list.append(0)
        defer { bytes += list }
        return Slice(offset: bytes.count, count: list.count)
    }

    /// An Avro array of numbers.
    mutating func list(_ numbers: [Int64]) -> Slice {
        let list = numbers.isEmpty ? [0] : EventMaker.long(Int64(numbers.count)) + numbers.flatMap(EventMaker.long) + [0]
        defer { bytes += list }
        return Slice(offset: bytes.count, count: list.count)
    }

    private static func long(_ value: Int64) -> [UInt8] {
        var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

/// A small catalogue: `t0`…`t39`, two hours each; title n has genres by the bits of n + 1.
let smallCatalog = Catalog(
    version: 1,
    titles: (0..<40).map { number in
        Title(
            id: TitleID("t\(number)"), name: "Title \(number)", year: 2000, runtimeMilliseconds: 7_200_000,
            genres: genres(ofTitle: number), maturity: 0, regions: [], addedAt: 0, artworks: [], isAvailable: true)
    }, genreNames: [])

func genres(ofTitle number: Int) -> [GenreID] {
    (0..<6).filter { (number + 1) & 1 << $0 != 0 }.map { GenreID(UInt8($0 + 1)) }
}

/// Settings with one test, of title `t1`.
let testSettings: JobSettings = {
    var settings = JobSettings()
    let variants = ["a", "b"].map { ThumbnailTest.Variant(id: VariantID($0), artwork: ArtworkID("art-\($0)"), weight: 0.5) }
    settings.tests = [ThumbnailTest(id: TestID("test"), title: TitleID("t1"), variants: variants, coverage: 1)]
    return settings
}()

/// Applies events to a state and spells out the effects, event by event.
struct Run<State: TopicOperator>: ~Copyable {
    var state = State()
    var context: JobContext
    /// By event, in words.
    var effects: [[String]] = []

    init(settings: JobSettings = testSettings) { context = JobContext(settings: settings, catalog: smallCatalog) }

    @discardableResult
    mutating func apply(_ event: Event, _ maker: EventMaker) -> DeadLetterReason? {
        context.effects.removeAll()
        let reason = maker.bytes.withUnsafeBytes { state.apply(event, bytes: $0, in: &context) }
        var spelled: [String] = []
        for effect in context.effects { spelled.append(spell(effect)) }
        effects.append(spelled)
        return reason
    }

    mutating func apply(_ events: [Event], _ maker: EventMaker) {
        for event in events { apply(event, maker) }
    }

    func text(_ name: Name) -> String { context.names.text(name) }

    private func spell(_ effect: Effect) -> String {
        switch effect {
        case .played(let title, let region, let at): "played \(text(title)) \(region.text) \(at)"
        case .shown(let title, let region, let at): "shown \(text(title)) \(region.text) \(at)"
        case .failed(let title, let region, let at): "failed \(text(title)) \(region.text) \(at)"
        case .followed(let from, let to, let weight, let at): "followed \(text(from)) \(text(to)) \(weight) \(at)"
        case .credited(let title, let test, let variant, let segment, let exposed, let won):
            "credited \(text(title)) \(text(test)) \(text(variant)) \(text(segment)) \(exposed) \(won)"
        case .forward(.impression(let test, let variant, let at)): "impression \(text(test)) \(text(variant)) \(at)"
        case .forward(.play(let test, let at)): "play \(text(test)) \(at)"
        case .forward(.assignment(let test, let variant, let segment, let at)):
            "assignment \(text(test)) \(text(variant)) \(text(segment)) \(at)"
        case .signal(let session, let rung, let bitrateKbps, _, let reason, let at):
            "signal \(text(session)) \(rung) \(bitrateKbps) \(reason) \(at)"
        }
    }
}

/// Weight per genre in thousandths over a week, from a raw list of (title, weight, time).
func expectedTaste(_ signals: [(title: Int, weight: Int64, at: Int64)], at now: Int64) -> [UInt8: Int64] {
    var sums: [UInt8: Int64] = [:]
    for signal in signals {
        let tile = signal.at / 86_400_000
        guard tile <= now / 86_400_000 && tile > now / 86_400_000 - 7 else { continue }
        let genres = genres(ofTitle: signal.title)
        for genre in genres { sums[genre.raw, default: 0] += signal.weight / Int64(genres.count) }
    }
    return sums.filter { $0.value != 0 }
}

func weekTaste(_ taste: TasteWindows, at now: Int64) -> [UInt8: Int64] {
    var sums: [UInt8: Int64] = [:]
    for entry in taste.weights(window: .week, at: now) { sums[entry.genre.raw] = Int64((entry.weight * 1000).rounded()) }
    return sums.filter { $0.value != 0 }
}
