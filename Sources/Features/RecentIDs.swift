// hot path

/// Two questions with two answers: whether an id is a retry goes by the last `countMax` events of a day, whatever was kept; whether an
/// offset was applied goes by all that is kept, which reaches back to the bucket's marker at least.
extension RecentIDs {
    /// Folds the 128 bits of an event id into 64: the finaliser of SplitMix64 (Steele, Lea, Flood 2014) over the low word, then over
    /// its sum with the high one, so that every bit of a UUID of any version moves half the bits of the result. Two different ids of
    /// one viewer's last 128 events are taken for one with a chance of 128 / 2^64 an event.
    package static func fingerprint(high: UInt64, low: UInt64) -> UInt64 { mix(mix(low) &+ high) }

    private static func mix(_ word: UInt64) -> UInt64 {
        var z = word &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// True where an event with this id is among the last `countMax` that were applied, and was appended at most `keptMilliseconds`
    /// before a log time.
    package func holds(_ fingerprint: UInt64, logTime: Int64) -> Bool {
        for index in max(0, entries.count - RecentIDs.countMax)..<entries.count
        where entries[index].fingerprint == fingerprint && logTime - entries[index].appendTime <= RecentIDs.keptMilliseconds {
            return true
        }
        return false
    }

    /// True where the event at an offset was applied; only for offsets beyond the bucket's marker.
    package func holds(offset: Int64) -> Bool {
        for entry in entries.reversed() where entry.offset <= offset { return entry.offset == offset }
        return false
    }

    /// Adds the id of an event just applied, and drops none: `prune` does.
    package mutating func keep(_ fingerprint: UInt64, offset: Int64, appendTime: Int64) {
        entries.append(Entry(fingerprint: fingerprint, offset: offset, appendTime: appendTime))
    }

    /// Drops the oldest ids up to the bucket's stored marker that can tell no retry any more.
    package mutating func prune(marker: Int64, logTime: Int64) {
        let excess = entries.count - RecentIDs.countMax
        var dropped = 0
        for entry in entries {
            guard entry.offset <= marker, dropped < excess || logTime - entry.appendTime > RecentIDs.keptMilliseconds else { break }
            dropped += 1
        }
        if dropped > 0 { entries.removeFirst(dropped) }
    }

    /// Newest first, as differences to the one after, beginning with the value's own position and log time.
    func encode(into writer: inout StateWriter, offset: Int64, logTime: Int64) {
        var offset = offset
        var time = logTime
        writer.count(entries.count)
        for entry in entries.reversed() {
            writer.fixed64(entry.fingerprint)
            writer.delta(entry.offset, from: &offset)
            writer.delta(entry.appendTime, from: &time)
        }
    }

    init(from reader: inout StateReader, offset: Int64, logTime: Int64) throws(StateError) {
        var offset = offset
        var time = logTime
        let count = try reader.count(minimumByteCount: 10)
        entries.reserveCapacity(count)
        for _ in 0..<count {
            entries.append(
                Entry(
                    fingerprint: try reader.fixed64(), offset: try reader.delta(from: &offset),
                    appendTime: try reader.moment(from: &time)))
        }
        entries.reverse()
    }
}
