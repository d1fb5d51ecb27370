// hot path

extension QualityState: TopicState {
    package static var codecVersion: UInt8 { 1 }

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.zigzag(asOf)
        writer.count(sessions.count)
        for session in sessions { session.encode(into: &writer, asOf: asOf, names: names) }
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        asOf = try reader.amount()
        let count = try reader.count(minimumByteCount: 15)
        sessions.reserveCapacity(count)
        for _ in 0..<count { sessions.append(try PlaybackSession(from: &reader, asOf: asOf, names: &names)) }
    }
}

extension PlaybackSession {
    fileprivate func encode(into writer: inout StateWriter, asOf: Int64, names: borrowing NameTable) {
        writer.name(session, names)
        writer.name(title, names)
        var time = asOf
        writer.delta(at, from: &time)
        writer.delta(signalledAt, from: &time)
        writer.zigzag(Int64(sampleCount))
        writer.zigzag(Int64(stallCount))
        writer.zigzag(stalledMilliseconds)
        writer.zigzag(droppedFrames)
        writer.zigzag(bufferMilliseconds)
        writer.zigzag(bitrateKbps)
        writer.zigzag(fastThroughput)
        writer.zigzag(slowThroughput)
        writer.zigzag(variance)
        writer.zigzag(Int64(signalledRung))
        writer.count(ladderKbps.count)
        for kbps in ladderKbps { writer.zigzag(Int64(kbps)) }
    }

    fileprivate init(from reader: inout StateReader, asOf: Int64, names: inout NameTable) throws(StateError) {
        self.init(session: try reader.name(&names), title: try reader.name(&names))
        var time = asOf
        at = try reader.moment(from: &time)
        signalledAt = try reader.moment(from: &time)
        sampleCount = try reader.zigzag32()
        stallCount = try reader.zigzag32()
        stalledMilliseconds = try reader.amount()
        droppedFrames = try reader.amount()
        bufferMilliseconds = try reader.amount()
        bitrateKbps = try reader.amount()
        fastThroughput = try reader.amount()
        slowThroughput = try reader.amount()
        variance = try reader.amount()
        signalledRung = try reader.zigzag32()
        let count = try reader.count()
        guard count <= PlaybackSession.ladderCountMax else {
            throw StateError("state holds a bitrate ladder of more than 12 rungs; rebuild it by replay")
        }
        for _ in 0..<count { ladderKbps.append(try reader.zigzag32()) }
    }
}
