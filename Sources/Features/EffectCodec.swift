// hot path

extension Effect {
    /// Several titles of an outbox that one event shows.
    static let shownTogetherTag: UInt8 = 9

    /// The time is written as what it is after `since`.
    package func encode(into writer: inout StateWriter, since: Int64 = 0, names: borrowing NameTable) {
        switch self {
        case .played(let title, let region, let at): encode(0, title, region, at &- since, &writer, names)
        case .shown(let title, let region, let at): encode(1, title, region, at &- since, &writer, names)
        case .failed(let title, let region, let at): encode(2, title, region, at &- since, &writer, names)
        case .followed(let from, let to, let weight, let at):
            writer.byte(3)
            writer.name(from, names)
            writer.name(to, names)
            writer.zigzag(weight)
            writer.zigzag(at &- since)
        case .credited(let title, let test, let variant, let segment, let exposed, let won):
            writer.byte(4)
            writer.name(title, names)
            writer.name(test, names)
            writer.name(variant, names)
            writer.name(segment, names)
            writer.zigzag(exposed)
            writer.zigzag(won)
        case .forward(let forward): forward.encode(into: &writer, since: since, names: names)
        case .signal(let session, let rung, let bitrateKbps, let emptiesInMilliseconds, let reason, let at):
            writer.byte(8)
            writer.name(session, names)
            writer.zigzag(Int64(rung))
            writer.zigzag(bitrateKbps)
            writer.zigzag(emptiesInMilliseconds)
            writer.byte(reason)
            writer.zigzag(at &- since)
        }
    }

    private func encode(
        _ tag: UInt8, _ title: Name, _ region: RegionID, _ time: Int64, _ writer: inout StateWriter, _ names: borrowing NameTable
    ) {
        writer.byte(tag)
        writer.name(title, names)
        writer.region(region)
        writer.zigzag(time)
    }

    package init(from reader: inout StateReader, since: Int64 = 0, names: inout NameTable) throws(StateError) {
        switch try reader.byte() {
        case 0: self = .played(title: try reader.name(&names), region: try reader.region(), at: try reader.amount() &+ since)
        case 1: self = .shown(title: try reader.name(&names), region: try reader.region(), at: try reader.amount() &+ since)
        case 2: self = .failed(title: try reader.name(&names), region: try reader.region(), at: try reader.amount() &+ since)
        case 3:
            self = .followed(
                from: try reader.name(&names), to: try reader.name(&names), weight: try reader.amount(), at: try reader.amount() &+ since)
        case 4:
            self = .credited(
                title: try reader.name(&names), test: try reader.name(&names), variant: try reader.name(&names),
                segment: try reader.name(&names), exposed: try reader.amount(), won: try reader.amount())
        case 5:
            self = .forward(.impression(test: try reader.name(&names), variant: try reader.name(&names), at: try reader.amount() &+ since))
        case 6: self = .forward(.play(test: try reader.name(&names), at: try reader.amount() &+ since))
        case 7:
            self = .forward(
                .assignment(
                    test: try reader.name(&names), variant: try reader.name(&names), segment: try reader.name(&names),
                    at: try reader.amount() &+ since))
        case 8:
            self = .signal(
                session: try reader.name(&names), rung: try reader.zigzag32(), bitrateKbps: try reader.amount(),
                emptiesInMilliseconds: try reader.amount(), reason: try reader.byte(), at: try reader.amount() &+ since)
        default: throw StateError("state holds an effect of an unknown kind; rebuild it by replay")
        }
    }
}

extension AttributionForward {
    fileprivate func encode(into writer: inout StateWriter, since: Int64, names: borrowing NameTable) {
        switch self {
        case .impression(let test, let variant, let at):
            writer.byte(5)
            writer.name(test, names)
            writer.name(variant, names)
            writer.zigzag(at &- since)
        case .play(let test, let at):
            writer.byte(6)
            writer.name(test, names)
            writer.zigzag(at &- since)
        case .assignment(let test, let variant, let segment, let at):
            writer.byte(7)
            writer.name(test, names)
            writer.name(variant, names)
            writer.name(segment, names)
            writer.zigzag(at &- since)
        }
    }
}
