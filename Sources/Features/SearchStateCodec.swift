// hot path

extension SearchState: TopicState {
    package static var codecVersion: UInt8 { 1 }

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.zigzag(asOf)
        taste.encode(into: &writer)
        var at = asOf
        writer.count(searches.count)
        for search in searches {
            writer.name(search.query, names)
            writer.name(search.clicked, names)
            writer.delta(search.at, from: &at)
        }
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        asOf = try reader.amount()
        taste = try TasteWindows(from: &reader)
        var at = asOf
        let count = try reader.count(minimumByteCount: 3)
        searches.reserveCapacity(count)
        for _ in 0..<count {
            searches.append(
                RecentSearch(query: try reader.name(&names), clicked: try reader.name(&names), at: try reader.moment(from: &at)))
        }
    }
}
