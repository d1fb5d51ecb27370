// hot path

extension ErrorState: TopicState {
    package static var codecVersion: UInt8 { 1 }

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.zigzag(asOf)
        var at = asOf
        writer.count(errors.count)
        for error in errors {
            writer.name(error.code, names)
            writer.name(error.title, names)
            writer.flag(error.isFatal)
            writer.delta(error.at, from: &at)
        }
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        asOf = try reader.amount()
        var at = asOf
        let count = try reader.count(minimumByteCount: 4)
        errors.reserveCapacity(count)
        for _ in 0..<count {
            errors.append(
                RecentError(
                    code: try reader.name(&names), title: try reader.name(&names), isFatal: try reader.flag(),
                    at: try reader.moment(from: &at)))
        }
    }
}
