// hot path

extension UserValue {
    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.head(applied, codecVersion: State.codecVersion)
        writer.flag(isErased)
        writer.zigzag(logTime)
        state.encode(into: &writer, names: names)
        recentIDs.encode(into: &writer, offset: applied.offset, logTime: logTime)
        encodeOutbox(into: &writer, names: names)
    }

    package init(from bytes: UnsafeRawBufferPointer, names: inout NameTable) throws(StateError) {
        var reader = StateReader(bytes)
        applied = try reader.head(codecVersion: State.codecVersion)
        isErased = try reader.flag()
        logTime = try reader.amount()
        if reader.format == 1 { try readEvidence(&reader, &names) }
        state = try State(from: &reader, names: &names)
        if reader.format > 1 { try readEvidence(&reader, &names) }
        try reader.end()
    }

    private mutating func readEvidence(_ reader: inout StateReader, _ names: inout NameTable) throws(StateError) {
        recentIDs = try RecentIDs(from: &reader, offset: applied.offset, logTime: logTime)
        outbox = try UserValue.outbox(from: &reader, offset: applied.offset, logTime: logTime, names: &names)
    }

    /// The features alone, which is all that serving looks at; what stands behind them is not read.
    package static func features(from bytes: UnsafeRawBufferPointer, names: inout NameTable) throws(StateError) -> State {
        var reader = StateReader(bytes)
        var value = UserValue()
        value.applied = try reader.head(codecVersion: State.codecVersion)
        _ = try reader.flag()
        value.logTime = try reader.amount()
        var others = NameTable(capacity: 0)
        if reader.format == 1 { try value.readEvidence(&reader, &others) }
        return try State(from: &reader, names: &names)
    }

    /// When the value's time is over, by the log time of its newest event: a tombstone's when no device's retry or late marker needs it any
    /// more, any other's when the viewer has been away for long; milliseconds since 1970.
    package var endsAt: Int64 { UserValueExpiry.end(isErased: isErased, logTime: logTime) }

    /// When the store may let the value go, milliseconds since 1970.
    package var expiresAt: Int64 { endsAt + UserValueExpiry.lagMillisecondsMax }

    /// Newest first; titles that one event shows, often twenty, stand together.
    private func encodeOutbox(into writer: inout StateWriter, names: borrowing NameTable) {
        var offset = applied.offset
        var time = logTime
        writer.count(outbox.count)
        var end = outbox.count
        while end > 0 {
            let start = startOfShownTogether(endingAt: end)
            let entry = outbox[end - 1]
            writer.delta(entry.offset, from: &offset)
            writer.delta(entry.appendTime, from: &time)
            if end - start > 1, case .shown(_, let region, let at) = entry.effect {
                writer.byte(Effect.shownTogetherTag)
                writer.region(region)
                writer.zigzag(at &- entry.appendTime)
                writer.count(end - start)
                for place in (start..<end).reversed() {
                    if case .shown(let title, _, _) = outbox[place].effect { writer.name(title, names) }
                }
            } else {
                entry.effect.encode(into: &writer, since: entry.appendTime, names: names)
            }
            end = start
        }
    }

    /// The place of the first of the entries up to `end` that differ in their titles alone, where titles were shown.
    private func startOfShownTogether(endingAt end: Int) -> Int {
        var start = end - 1
        guard case .shown(_, let region, let at) = outbox[start].effect else { return start }
        while start > 0, outbox[start - 1].offset == outbox[start].offset, outbox[start - 1].appendTime == outbox[start].appendTime,
            case .shown(_, region, at) = outbox[start - 1].effect
        {
            start -= 1
        }
        return start
    }

    private static func outbox(
        from reader: inout StateReader, offset: Int64, logTime: Int64, names: inout NameTable
    ) throws(StateError) -> [OutboxEntry] {
        var offset = offset
        var time = logTime
        let count = try reader.count()
        var entries: [OutboxEntry] = []
        // Entries that differ in their titles alone may take a byte each: no reason to believe any count.
        entries.reserveCapacity(min(count, 1024))
        while entries.count < count {
            _ = try reader.delta(from: &offset)
            _ = try reader.moment(from: &time)
            // In the first format effects told their own times.
            let since = reader.format == 1 ? 0 : time
            if reader.format > 1, reader.passes(Effect.shownTogetherTag) {
                let (region, at) = (try reader.region(), try reader.amount() &+ since)
                let titleCount = try reader.count()
                guard titleCount <= count - entries.count else {
                    throw StateError("state holds more titles shown than it announces; rebuild it by replay")
                }
                for _ in 0..<titleCount {
                    let effect = Effect.shown(title: try reader.name(&names), region: region, at: at)
                    entries.append(OutboxEntry(offset: offset, appendTime: time, effect: effect))
                }
            } else {
                let effect = try Effect(from: &reader, since: since, names: &names)
                entries.append(OutboxEntry(offset: offset, appendTime: time, effect: effect))
            }
        }
        entries.reverse()
        return entries
    }
}
