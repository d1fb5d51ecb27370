// hot path

extension UserValue {
    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.head(applied, codecVersion: State.codecVersion)
        writer.flag(isErased)
        writer.zigzag(logTime)
        recentIDs.encode(into: &writer, offset: applied.offset, logTime: logTime)
        encodeOutbox(into: &writer, names: names)
        state.encode(into: &writer, names: names)
    }

    package init(from bytes: UnsafeRawBufferPointer, names: inout NameTable) throws(StateError) {
        var reader = StateReader(bytes)
        applied = try reader.head(codecVersion: State.codecVersion)
        isErased = try reader.flag()
        logTime = try reader.zigzag()
        recentIDs = try RecentIDs(from: &reader, offset: applied.offset, logTime: logTime)
        outbox = try UserValue.outbox(from: &reader, offset: applied.offset, logTime: logTime, names: &names)
        state = try State(from: &reader, names: &names)
        try reader.end()
    }

    /// The features alone, which is all that serving looks at; ids and outbox are passed over.
    package static func features(from bytes: UnsafeRawBufferPointer, names: inout NameTable) throws(StateError) -> State {
        var reader = StateReader(bytes)
        let applied = try reader.head(codecVersion: State.codecVersion)
        _ = try reader.flag()
        let logTime = try reader.zigzag()
        try RecentIDs.skip(&reader)
        var others = NameTable(capacity: 0)
        _ = try UserValue.outbox(from: &reader, offset: applied.offset, logTime: logTime, names: &others)
        let state = try State(from: &reader, names: &names)
        try reader.end()
        return state
    }

    /// When the value's time is over, by the log time of its newest event: a tombstone's when no device's retry or late marker needs it any
    /// more, any other's when the viewer has been away for long; milliseconds since 1970.
    package var endsAt: Int64 { UserValueExpiry.end(isErased: isErased, logTime: logTime) }

    /// When the store may let the value go, milliseconds since 1970.
    package var expiresAt: Int64 { endsAt + UserValueExpiry.lagMillisecondsMax }

    private func encodeOutbox(into writer: inout StateWriter, names: borrowing NameTable) {
        var offset = applied.offset
        var time = logTime
        writer.count(outbox.count)
        for entry in outbox.reversed() {
            writer.delta(entry.offset, from: &offset)
            writer.delta(entry.appendTime, from: &time)
            entry.effect.encode(into: &writer, names: names)
        }
    }

    private static func outbox(
        from reader: inout StateReader, offset: Int64, logTime: Int64, names: inout NameTable
    ) throws(StateError) -> [OutboxEntry] {
        var offset = offset
        var time = logTime
        let count = try reader.count(minimumByteCount: 5)
        var entries: [OutboxEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            entries.append(
                OutboxEntry(
                    offset: try reader.delta(from: &offset), appendTime: try reader.delta(from: &time),
                    effect: try Effect(from: &reader, names: &names)))
        }
        entries.reverse()
        return entries
    }
}
