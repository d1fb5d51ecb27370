// hot path

extension FeedbackState: TopicState {
    package static var codecVersion: UInt8 { 1 }

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.zigzag(asOf)
        taste.encode(into: &writer)
        var at = asOf
        writer.count(ratings.count)
        for rating in ratings {
            writer.name(rating.title, names)
            writer.zigzag(Int64(rating.tenths))
            writer.delta(rating.at, from: &at)
        }
        FeedbackState.encode(hidden, from: asOf, into: &writer, names)
        FeedbackState.encode(myList, from: asOf, into: &writer, names)
        FeedbackState.encode(continueWatchingRemoved, from: asOf, into: &writer, names)
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        asOf = try reader.amount()
        taste = try TasteWindows(from: &reader)
        var at = asOf
        let count = try reader.count(minimumByteCount: 3)
        ratings.reserveCapacity(count)
        for _ in 0..<count {
            ratings.append(Rating(title: try reader.name(&names), tenths: try reader.zigzag32(), at: try reader.moment(from: &at)))
        }
        hidden = try FeedbackState.marks(from: &reader, asOf, &names)
        myList = try FeedbackState.marks(from: &reader, asOf, &names)
        continueWatchingRemoved = try FeedbackState.marks(from: &reader, asOf, &names)
    }

    private static func encode(_ marks: [Mark], from asOf: Int64, into writer: inout StateWriter, _ names: borrowing NameTable) {
        var at = asOf
        writer.count(marks.count)
        for mark in marks {
            writer.name(mark.title, names)
            writer.flag(mark.isSet)
            writer.delta(mark.at, from: &at)
        }
    }

    private static func marks(
        from reader: inout StateReader, _ asOf: Int64, _ names: inout NameTable
    ) throws(StateError) -> [Mark] {
        var at = asOf
        let count = try reader.count(minimumByteCount: 3)
        var marks: [Mark] = []
        marks.reserveCapacity(count)
        for _ in 0..<count {
            marks.append(Mark(title: try reader.name(&names), isSet: try reader.flag(), at: try reader.moment(from: &at)))
        }
        return marks
    }
}
