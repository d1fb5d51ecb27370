// hot path

extension ImpressionState: TopicState {
    package static var codecVersion: UInt8 { 1 }

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.zigzag(asOf)
        writer.region(region)
        taste.encode(into: &writer)
        var at = asOf
        writer.count(shown.count)
        for entry in shown {
            writer.name(entry.title, names)
            writer.zigzag(Int64(entry.count))
            writer.delta(entry.at, from: &at)
        }
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        asOf = try reader.amount()
        region = try reader.region()
        taste = try TasteWindows(from: &reader)
        var at = asOf
        let count = try reader.count(minimumByteCount: 3)
        shown.reserveCapacity(count)
        for _ in 0..<count {
            shown.append(ShownTitle(title: try reader.name(&names), count: try reader.zigzag32(), at: try reader.moment(from: &at)))
        }
    }
}
