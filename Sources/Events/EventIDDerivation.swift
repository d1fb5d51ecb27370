extension EventID {
    /// The text form, in lower case.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The id of an event that a record of the log gave rise to: the same record gives the same id in every run, so that
    /// receivers count a repeated delivery once.
    ///
    /// A UUID of version 8 (RFC 9562, section 5.8). From the highest bit down: topic 8 bits, partition 31, index 21 (its upper 9
    /// bits before the version, its lower 12 behind it), then behind the variant the offset's 62. `index` tells apart the events
    /// that one record gave rise to; it is below 2²¹, the offset below 2⁶².
    package init(topic: Topic, partition: Int32, offset: Int64, index: Int = 0) {
        precondition(partition >= 0 && offset >= 0 && offset < 1 << 62 && index >= 0 && index < 1 << 21)
        let upper = UInt64(topic.rawValue) << 40 | UInt64(partition) << 9 | UInt64(index) >> 12
        self.init(high: upper << 16 | 0x8000 | UInt64(index) & 0xfff, low: 0x8000_0000_0000_0000 | UInt64(offset))
    }
}
