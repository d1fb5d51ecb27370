// hot path

/// The part of an `Event` that a schema's field goes to.
enum FieldSlot: UInt8 {
    /// The field is checked, but `Event` has no place for it.
    case none
    case eventID, user, device, session, region, timestamp
    case title, artwork, row, text, detail, segment, list
    case position, watched, duration, number
    case throughput, bitrate, buffer, value, flag

    /// The slot of a field by its name; one name has one slot in all types, but for `row_position` beside a `rank`.
    init(type: EventType, field: String) {
        self =
            switch field {
            case "event_id": .eventID
            case "user_id": .user
            case "device_id": .device
            case "session_id": .session
            case "region": .region
            case "timestamp": .timestamp
            case "title_id": .title
            case "artwork_id": .artwork
            case "row_id": .row
            case "query", "code", "reason", "test_id", "outcome": .text
            case "variant_id", "message", "detail", "effects", "recent_ids": .detail
            case "segment": .segment
            case "title_ids", "ladder_kbps", "source_offsets": .list
            case "position_ms", "from_ms": .position
            case "watched_ms": .watched
            case "duration_ms": .duration
            case "row_position": type == .recommendationShown ? .none : .number
            case "results_count", "rank", "hover_ms", "stalled_ms", "dropped_frames", "to_ms", "source_offset",
                "version", "bucket":
                .number
            case "throughput_kbps", "from_kbps": .throughput
            case "bitrate_kbps", "to_kbps": .bitrate
            case "buffer_ms": .buffer
            case "rating", "propensity": .value
            case "fatal", "adapting": .flag
            default: .none
            }
    }
}

extension Event {
    /// Puts a text (or bytes, or those of a list) into its slot.
    @inline(__always)
    mutating func set(_ slot: FieldSlot, to value: Slice) {
        switch slot {
        case .user: user = value
        case .device: device = value
        case .session: session = value
        case .region: region = value
        case .title: title = value
        case .artwork: artwork = value
        case .row: row = value
        case .text: text = value
        case .detail: detail = value
        case .segment: segment = value
        case .list: list = value
        default: break
        }
    }

    /// Puts a number into its slot; `Event.absent` is 0 for the slots that have no absent number.
    @inline(__always)
    mutating func set(_ slot: FieldSlot, to value: Int64) {
        let plain = value == Event.absent ? 0 : value
        switch slot {
        case .timestamp: timestamp = plain
        case .position: positionMilliseconds = value
        case .watched: watchedMilliseconds = value
        case .duration: durationMilliseconds = value
        case .number: number = value
        case .throughput: throughputKbps = plain
        case .bitrate: bitrateKbps = plain
        case .buffer: bufferMilliseconds = plain
        default: break
        }
    }

    /// Makes a slot what it is where nothing is given.
    @inline(__always)
    mutating func clear(_ slot: FieldSlot) {
        set(slot, to: Slice.empty)
        set(slot, to: Event.absent)
        if slot == .value { value = 0 }
        if slot == .flag { flag = false }
    }
}
