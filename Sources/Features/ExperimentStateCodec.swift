// hot path

extension ExperimentState: TopicState {
    package static var codecVersion: UInt8 { 1 }

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.zigzag(asOf)
        var at = asOf
        writer.count(assignments.count)
        for assignment in assignments {
            writer.name(assignment.test, names)
            writer.name(assignment.variant, names)
            writer.name(assignment.segment, names)
            writer.zigzag(Int64(assignment.propensityPermille))
            writer.delta(assignment.at, from: &at)
        }
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        asOf = try reader.amount()
        var at = asOf
        let count = try reader.count(minimumByteCount: 5)
        assignments.reserveCapacity(count)
        for _ in 0..<count {
            assignments.append(
                Assignment(
                    test: try reader.name(&names), variant: try reader.name(&names), segment: try reader.name(&names),
                    propensityPermille: try reader.zigzag32(), at: try reader.moment(from: &at)))
        }
    }
}
