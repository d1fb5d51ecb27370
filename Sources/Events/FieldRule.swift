// hot path

/// What a field's value must keep to beyond its type; the gateway refuses what breaks it, the decoder gives it to the dead letters.
enum FieldRule: UInt8 {
    case free
    /// A UUID in text form.
    case eventID
    case eventType
    /// 1 to 256 bytes.
    case user
    /// 1 to 128 bytes.
    case title
    /// At most 8 bytes of ASCII.
    case region
    /// Milliseconds since 1970, from 1990 to 9999.
    case timestamp
    /// 0 to 10¹² (31 years in milliseconds): no sum of some thousand of them overflows.
    case amount
    /// 0.5 to 5.
    case rating
    /// Above 0, at most 1.
    case propensity

    /// The rule of a field by its name; what the service writes for itself of no viewer (`dead_letter`, `definitions_changed`,
    /// `erased_residue`) may be empty or old.
    init(type: EventType, field: String) {
        self =
            switch field {
            case "event_id": .eventID
            case _ where type == .deadLetter || type == .definitionsChanged || type == .erasedResidue: .free
            case "event_type": .eventType
            case "user_id": .user
            case "title_id", "title_ids": .title
            case "region": .region
            case "timestamp": .timestamp
            case "rating": .rating
            case "propensity": .propensity
            case "rank", "row_position", "results_count", "dropped_frames": .amount
            default: field.hasSuffix("_ms") || field.hasSuffix("_kbps") ? .amount : .free
            }
    }

    /// 1990-01-01: MovieLens' ratings begin in 1995, and no service streamed before.
    static let timestampMin: Int64 = 631_152_000_000
    /// The end of the year 9999.
    static let timestampMax: Int64 = 253_402_300_799_999
    static let amountMax: Int64 = 1_000_000_000_000
    /// The most bytes of a text that no closer bound holds for.
    static let textBytesMax = 4_096

    /// The most bytes of such a text that a foreign producer may send.
    static let foreignTextBytesMax = 65_536

    /// The most bytes that a text may have under this rule, `other` where the rule says nothing of it.
    @inline(__always)
    func byteCountMax(other: Int) -> Int {
        switch self {
        case .user: 256
        case .title: 128
        case .region: 8
        default: other
        }
    }

    /// True where a text may not be empty.
    @inline(__always)
    var needsText: Bool { self == .user || self == .title }

    @inline(__always)
    func allows(_ value: Int64) -> Bool {
        switch self {
        case .amount: value >= 0 && value <= Self.amountMax
        case .timestamp: value >= Self.timestampMin && value <= Self.timestampMax
        default: true
        }
    }

    @inline(__always)
    func allows(_ value: Double) -> Bool {
        switch self {
        case .rating: value >= 0.5 && value <= 5
        case .propensity: value > 0 && value <= 1
        default: value.isFinite
        }
    }
}
