internal import Avro

extension InternalEventWriter {
    /// The erasure of a viewer whose name is at hand as a string.
    package func userErased(
        id: EventID, user: String, timestamp: Int64, sourceOffsets: [Int64] = [], into output: inout [UInt8]
    ) -> Record {
        var user = user
        return user.withUTF8 {
            userErased(
                Header(id: id, timestamp: timestamp, user: UnsafeRawBufferPointer($0)), sourceOffsets: sourceOffsets, into: &output)
        }
    }

    /// A viewer's assignment whose names are at hand as strings.
    package func abTestAssignment(
        id: EventID, user: String, region: String = "", timestamp: Int64, test: String, variant: String, title: String?, segment: String?,
        propensity: Double, into output: inout [UInt8]
    ) -> Record {
        var texts: [UInt8] = []
        func add(_ text: String) -> Range<Int> {
            texts += text.utf8
            return texts.count - text.utf8.count..<texts.count
        }
        let ranges = (
            user: add(user), region: add(region), test: add(test), variant: add(variant), title: title.map(add), segment: segment.map(add)
        )
        return texts.withUnsafeBytes { bytes in
            func text(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
            var header = Header(id: id, timestamp: timestamp, user: text(ranges.user))
            header.region = text(ranges.region)
            return abTestAssignment(
                header, test: text(ranges.test), variant: text(ranges.variant), title: ranges.title.map(text),
                segment: ranges.segment.map(text), propensity: propensity, into: &output)
        }
    }
}

extension EventSchemas {
    /// Throws unless the schema of `type` has the common fields and then those named, in this order: what a writer by hand relies on.
    func check(_ type: EventType, writtenAs names: [StaticString]) throws(EventError) {
        let expected = EventSchemas.commonFieldNames + names.map(\.description)
        let found = fields(of: type).map(\.name)
        guard found == expected else {
            throw EventError(
                "Writing internal events: the schema of \(type.rawValue) has the fields \(found.joined(separator: ", ")); "
                    + "expected are \(expected.joined(separator: ", ")). Restore \(type.schemaPath).")
        }
    }
}
