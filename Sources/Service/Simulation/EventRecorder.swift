import Events

/// Writes events as JSON lines, decides which are sent twice and which come late, and keeps them in order of arrival.
struct EventRecorder: Sendable {
    /// What an event means to the truth: the first exposure of a viewer to a variant, or the play that wins.
    struct Mark: Sendable {
        enum Meaning: UInt8 { case nothing, exposed, won }
        var meaning = Meaning.nothing
        /// Index into the truth's arms.
        var arm = 0
    }

    /// One sending of one event.
    struct Line: Sendable {
        var arrival: Int64
        /// Settles the order of lines that arrive in the same millisecond.
        var sequence: Int
        var offset: Int
        var count: Int
        var type: EventType
        var isDuplicate: Bool
        var isLate: Bool
        var isBot: Bool
        var mark: Mark
    }

    /// The lines that arrive within one hour.
    struct Hour: Sendable {
        var bytes: [UInt8] = []
        var lines: [Line] = []
    }

    static let hourMilliseconds: Int64 = 3_600_000
    private static let hexDigits: [UInt8] = Array("0123456789abcdef".utf8)
    private static let typeNames = EventType.allCases.map { Array($0.rawValue.utf8) }
    private static let typeIndices = Dictionary(uniqueKeysWithValues: EventType.allCases.enumerated().map { ($1, $0) })

    /// Lines recorded that arrive before the end.
    private(set) var scheduledCount = 0
    private let startTime: Int64
    private let endTime: Int64
    private let duplicateShare: Double
    private let lateShare: Double
    private var hours: [Hour]
    private var random: SimulationRandom
    private var sequence = 0
    private var type = EventType.playStart
    private var time: Int64 = 0
    private var line: [UInt8] = []
    private var common: [UInt8] = []
    private var isBot = false

    init(settings: SimulationSettings, startTime: Int64) {
        self.startTime = startTime
        endTime = settings.endTime
        duplicateShare = settings.duplicateShare
        lateShare = settings.lateShare
        hours = Array(repeating: Hour(), count: settings.days * 24)
        random = SimulationRandom(seed: settings.seed ^ 0x5eed_e7e4)
    }

    /// The fields that all events of a session have in common.
    mutating func beginSession(number: Int, user: [UInt8], device: [UInt8], region: [UInt8], isBot: Bool) {
        self.isBot = isBot
        swap(&line, &common)
        line.removeAll(keepingCapacity: true)
        text("user_id", user)
        text("device_id", device)
        append(",\"session_id\":\"s-")
        append(number: Int64(number))
        line.append(UInt8(ascii: "\""))
        text("region", region)
        swap(&line, &common)
    }

    /// Begins an event; fields follow, then `end`.
    mutating func begin(_ type: EventType, at time: Int64) {
        self.type = type
        self.time = time
        line.removeAll(keepingCapacity: true)
        append("{\"event_id\":\"")
        appendIdentifier()
        append("\",\"event_type\":\"")
        line.append(contentsOf: EventRecorder.typeNames[EventRecorder.typeIndices[type] ?? 0])
        append("\",\"timestamp\":")
        append(number: time)
        line.append(contentsOf: common)
    }

    /// A field whose value is a text, given as the bytes between its quotes.
    mutating func text(_ name: StaticString, _ escaped: [UInt8]) {
        key(name)
        line.append(UInt8(ascii: "\""))
        line.append(contentsOf: escaped)
        line.append(UInt8(ascii: "\""))
    }

    mutating func text(_ name: StaticString, _ value: StaticString) {
        key(name)
        line.append(UInt8(ascii: "\""))
        append(value)
        line.append(UInt8(ascii: "\""))
    }

    mutating func number(_ name: StaticString, _ value: Int64) {
        key(name)
        append(number: value)
    }

    /// A number given in thousandths.
    mutating func fraction(_ name: StaticString, thousandths: Int64) {
        key(name)
        append(number: thousandths / 1000)
        line.append(UInt8(ascii: "."))
        for unit in [100, 10, 1] as [Int64] { line.append(UInt8(ascii: "0") + UInt8(thousandths / unit % 10)) }
    }

    mutating func flag(_ name: StaticString, _ value: Bool) {
        key(name)
        append(value ? "true" : "false")
    }

    mutating func texts(_ name: StaticString, _ values: some Sequence<[UInt8]>) {
        key(name)
        var separator = UInt8(ascii: "[")
        for value in values {
            line.append(separator)
            line.append(UInt8(ascii: "\""))
            line.append(contentsOf: value)
            line.append(UInt8(ascii: "\""))
            separator = UInt8(ascii: ",")
        }
        if separator == UInt8(ascii: "[") { line.append(separator) }
        line.append(UInt8(ascii: "]"))
    }

    mutating func numbers(_ name: StaticString, _ values: [Int64]) {
        key(name)
        for (index, value) in values.enumerated() {
            line.append(index == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
            append(number: value)
        }
        line.append(UInt8(ascii: "]"))
    }

    /// Ends the event and sends it; a marked one is never late, so that the truth knows what arrived.
    mutating func end(mark: Mark = Mark()) {
        append("}\n")
        let isLate = mark.meaning == .nothing && random.chance(lateShare)
        var arrival = time + random.milliseconds(0.05...2)
        if isLate { arrival += random.milliseconds(60...300) + Int64(min(random.exponential(mean: 3_000_000), 5 * 3_600_000)) }
        send(at: arrival, isDuplicate: false, isLate: isLate, mark: mark)
        if random.chance(duplicateShare) {
            send(at: arrival + random.milliseconds(0.5...60), isDuplicate: true, isLate: isLate, mark: Mark())
        }
    }

    /// The lines that arrive in the hour, in order; nothing may be recorded for it afterwards.
    mutating func take(hour: Int) -> Hour {
        var taken = Hour()
        swap(&taken, &hours[hour])
        taken.lines.sort { ($0.arrival, $0.sequence) < ($1.arrival, $1.sequence) }
        return taken
    }

    private mutating func send(at arrival: Int64, isDuplicate: Bool, isLate: Bool, mark: Mark) {
        guard arrival < endTime else { return }
        let hour = min(hours.count - 1, Int((arrival - startTime) / EventRecorder.hourMilliseconds))
        hours[hour].lines.append(
            Line(
                arrival: arrival, sequence: sequence, offset: hours[hour].bytes.count, count: line.count, type: type,
                isDuplicate: isDuplicate, isLate: isLate, isBot: isBot, mark: mark))
        hours[hour].bytes.append(contentsOf: line)
        sequence += 1
        scheduledCount += 1
    }

    private mutating func key(_ name: StaticString) {
        append(",\"")
        append(name)
        append("\":")
    }

    private mutating func append(_ text: StaticString) {
        line.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(number: Int64) {
        if number < 0 { line.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let first = line.count
        repeat {
            line.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        line[first...].reverse()
    }

    /// A random UUID (version 4).
    private mutating func appendIdentifier() {
        let high = random.word() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = random.word() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { line.append(UInt8(ascii: "-")) }
            let word = nibble < 16 ? high : low
            line.append(EventRecorder.hexDigits[Int(word >> UInt64(60 - nibble % 16 * 4) & 15)])
        }
    }
}
