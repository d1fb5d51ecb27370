// hot path

/// A run of bytes in the buffer of the batch that it belongs to.
package struct Slice: Hashable, Sendable, BitwiseCopyable {
    package var offset: UInt32
    package var count: UInt32

    package static let empty = Slice(offset: 0, count: 0)

    @inlinable
    package init(offset: Int, count: Int) {
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.count = UInt32(truncatingIfNeeded: count)
    }

    @inlinable package var isEmpty: Bool { count == 0 }
    @inlinable package var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
}

/// The 128 bits of an `event_id` (a UUID).
package struct EventID: Hashable, Sendable, BitwiseCopyable {
    package var high: UInt64
    package var low: UInt64

    @inlinable
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// One decoded event: a trivial struct whose texts are slices of the batch's bytes (the Avro bytes as they stood on the log).
///
/// One shape serves all types, so that a batch is one contiguous array; which fields a type fills is told by `Data/schemas`.
/// An absent text is an empty slice, an absent number is 0 (`Event.absent` where 0 has a meaning).
package struct Event: Sendable, BitwiseCopyable {
    /// Stands for "not given" in `positionMilliseconds`, `watchedMilliseconds`, `durationMilliseconds`, `number`.
    package static let absent = Int64.min

    package var type: EventType
    package var id = EventID(high: 0, low: 0)
    package var user = Slice.empty
    package var device = Slice.empty
    package var session = Slice.empty
    package var region = Slice.empty
    /// Event time, milliseconds since 1970.
    package var timestamp: Int64 = 0
    package var title = Slice.empty
    package var artwork = Slice.empty
    package var row = Slice.empty
    /// `query` (search), `code` (error), `reason` (quality_change, dead_letter), `test_id` (experiment, attribution), `outcome`
    /// (erased_residue).
    package var text = Slice.empty
    /// `variant_id` (experiment, attribution), `message` (error), `detail` (dead_letter); bytes that are no text: `effects` (erased_residue),
    /// `recent_ids` (user_erased).
    package var detail = Slice.empty
    /// `segment` (experiment, attribution).
    package var segment = Slice.empty
    /// The encoded Avro array of `title_ids` (row_impression), `ladder_kbps` (quality_sample) or `source_offsets` (user_erased), block counts
    /// included: it may come in several blocks, and a negative count is followed by the block's size. Empty where the writer has no such field.
    package var list = Slice.empty
    package var positionMilliseconds = Event.absent
    package var watchedMilliseconds = Event.absent
    package var durationMilliseconds = Event.absent
    /// `results_count`, `rank`, `row_position` (where there is no `rank`), `hover_ms`, `stalled_ms`, `dropped_frames`, `to_ms` of a seek,
    /// `source_offset` of a dead letter and of what is forwarded (attribution; -1 where that is not told), `version` of definitions_changed,
    /// `bucket` of erased_residue.
    package var number = Event.absent
    package var throughputKbps: Int64 = 0
    package var bitrateKbps: Int64 = 0
    package var bufferMilliseconds: Int64 = 0
    /// `rating` (0.5…5), `propensity` (0…1).
    package var value: Double = 0
    /// `fatal` (error), `adapting` (quality_sample: the client is already changing its bitrate by itself).
    package var flag = false
    /// Where the record stood on the log, and when it was appended (milliseconds since 1970).
    package var partition: Int32 = 0
    package var offset: Int64 = 0
    package var appendTime: Int64 = 0

    @inlinable
    package init(type: EventType) { self.type = type }
}
