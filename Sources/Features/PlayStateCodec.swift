// hot path

/// Bytes: played titles first, to which the other lists refer; times as differences to the time before.
extension PlayState: TopicState {
    package static var codecVersion: UInt8 { 1 }

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.zigzag(asOf)
        writer.region(region)
        taste.encode(into: &writer)
        writer.count(played.count)
        for title in played { writer.name(title, names) }
        var at = asOf
        writer.count(recentPlays.count)
        for play in recentPlays {
            writer.name(play.title, among: played, names)
            writer.delta(play.at, from: &at)
            writer.zigzag(play.watchedMilliseconds)
            writer.zigzag(Int64(play.fractionPermille))
            writer.zigzag(play.endedAt == 0 ? -1 : play.endedAt &- play.at)
        }
        writer.count(positions.count)
        for position in positions {
            writer.name(position.title, among: played, names)
            writer.zigzag(position.positionMilliseconds)
            writer.zigzag(position.durationMilliseconds)
            writer.delta(position.at, from: &at)
        }
        writer.count(openPlays.count)
        for play in openPlays {
            writer.name(play.title, among: played, names)
            writer.name(play.session, names)
            writer.delta(play.startedAt, from: &at)
            writer.flag(play.qualified)
            writer.flag(play.isStopped)
        }
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        asOf = try reader.amount()
        region = try reader.region()
        taste = try TasteWindows(from: &reader)
        let playedCount = try reader.count()
        played.reserveCapacity(playedCount)
        for _ in 0..<playedCount { played.append(try reader.name(&names)) }
        var at = asOf
        let recentCount = try reader.count(minimumByteCount: 5)
        recentPlays.reserveCapacity(recentCount)
        for _ in 0..<recentCount {
            var play = RecentPlay(
                title: try reader.name(among: played, &names), at: try reader.moment(from: &at),
                watchedMilliseconds: try reader.amount(), fractionPermille: try reader.zigzag32())
            let length = try reader.amount()
            play.endedAt = length < 0 ? 0 : play.at &+ length
            recentPlays.append(play)
        }
        let positionCount = try reader.count(minimumByteCount: 4)
        positions.reserveCapacity(positionCount)
        for _ in 0..<positionCount {
            positions.append(
                ContinuePosition(
                    title: try reader.name(among: played, &names), positionMilliseconds: try reader.amount(),
                    durationMilliseconds: try reader.amount(), at: try reader.moment(from: &at)))
        }
        let openCount = try reader.count(minimumByteCount: 5)
        openPlays.reserveCapacity(openCount)
        for _ in 0..<openCount {
            openPlays.append(
                OpenPlay(
                    title: try reader.name(among: played, &names), session: try reader.name(&names),
                    startedAt: try reader.moment(from: &at), qualified: try reader.flag(),
                    isStopped: try reader.flag()))
        }
    }
}
