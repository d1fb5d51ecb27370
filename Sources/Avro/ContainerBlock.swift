/// A block of a container file, unpacked.
package struct ContainerBlock: Sendable {
    package let schema: ParsedSchema
    package let recordCount: Int
    /// The records in binary, one after the other.
    package let bytes: [UInt8]

    /// Where each record lies in `bytes`.
    package func recordRanges() throws(AvroError) -> [Range<Int>] {
        try records { (reader) throws(AvroError) in
            let start = reader.offset
            try reader.skip(schema)
            return start..<reader.offset
        }
    }

    /// The records as values of the file's schema.
    package func values(limits: DecodingLimits = .standard) throws(AvroError) -> [Value] {
        try records { (reader) throws(AvroError) in try Value.decode(from: &reader, as: schema, limits: limits) }
    }

    /// The records as values of the reader's schema of `resolution`, whose writer's schema must be the file's.
    package func values(_ resolution: Resolution) throws(AvroError) -> [Value] {
        try records { (reader) throws(AvroError) in try resolution.decode(from: &reader) }
    }

    private func records<Record>(_ read: (inout AvroReader) throws(AvroError) -> Record) throws(AvroError) -> [Record] {
        try bytes.reading { (reader) throws(AvroError) in
            var records: [Record] = []
            for index in 0..<recordCount {
                do throws(AvroError) { records.append(try read(&reader)) } catch {
                    throw AvroError(error.kind, path: error.path, "record \(index) of the block: \(error.message)")
                }
            }
            guard reader.remaining == 0 else {
                throw AvroError(.container, "\(reader.remaining) bytes are left over after the block's \(recordCount) records")
            }
            return records
        }
    }
}
