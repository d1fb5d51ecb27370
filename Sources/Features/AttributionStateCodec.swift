// hot path

extension AttributionState: TopicState {
    /// Since 2 with the offsets of the erasure.
    package static var codecVersion: UInt8 { 2 }

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.zigzag(asOf)
        writer.count(tests.count)
        for evidence in tests { evidence.encode(into: &writer, asOf: asOf, names: names) }
        writer.flag(erasedUpTo != nil)
        guard let erasedUpTo else { return }
        writer.zigzag(erasedUpTo.impression)
        writer.zigzag(erasedUpTo.play)
        writer.zigzag(erasedUpTo.experiment)
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        asOf = try reader.amount()
        let count = try reader.count(minimumByteCount: 8)
        tests.reserveCapacity(count)
        for _ in 0..<count { tests.append(try TestEvidence(from: &reader, asOf: asOf, names: &names)) }
        guard reader.version >= 2, try reader.flag() else { return }
        erasedUpTo = SourceOffsets(impression: try reader.zigzag(), play: try reader.zigzag(), experiment: try reader.zigzag())
    }
}

extension TestEvidence {
    fileprivate func encode(into writer: inout StateWriter, asOf: Int64, names: borrowing NameTable) {
        writer.name(test, names)
        writer.name(variant, names)
        writer.name(segment, names)
        var at = asOf
        writer.count(impressions.count)
        for impression in impressions {
            writer.name(impression.variant, names)
            writer.delta(impression.at, from: &at)
        }
        writer.count(plays.count)
        for play in plays { writer.delta(play, from: &at) }
        writer.byte((counted.exposed ? 1 : 0) | (counted.won ? 2 : 0))
        writer.name(counted.variant, names)
        writer.name(counted.segment, names)
    }

    fileprivate init(from reader: inout StateReader, asOf: Int64, names: inout NameTable) throws(StateError) {
        self.init(test: try reader.name(&names))
        variant = try reader.name(&names)
        segment = try reader.name(&names)
        var at = asOf
        let impressionCount = try reader.count(minimumByteCount: 2)
        impressions.reserveCapacity(impressionCount)
        for _ in 0..<impressionCount {
            impressions.append(VariantImpression(variant: try reader.name(&names), at: try reader.moment(from: &at)))
        }
        let playCount = try reader.count()
        plays.reserveCapacity(playCount)
        for _ in 0..<playCount { plays.append(try reader.moment(from: &at)) }
        let flags = try reader.byte()
        guard flags <= 3 else { throw StateError("state holds a credit of an unknown kind; rebuild it by replay") }
        counted.exposed = flags & 1 != 0
        counted.won = flags & 2 != 0
        counted.variant = try reader.name(&names)
        counted.segment = try reader.name(&names)
    }
}
