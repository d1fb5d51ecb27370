/// The layout that all values share: the 16 bytes that the conditional write compares, then the versions.
enum ValueHead {
    /// Version of what surrounds the features: head, flags, recent ids, outbox. In version 1 ids and outbox stood before the features, and
    /// each effect had a time and title of its own.
    static let formatVersion: UInt8 = 2
    /// Of titles' values, around which nothing has changed.
    static let titleFormatVersion: UInt8 = 1
}

extension StateWriter {
    mutating func head(_ applied: Position, codecVersion: UInt8, format: UInt8 = ValueHead.formatVersion) {
        fixed64(applied.generation)
        fixed64(UInt64(bitPattern: applied.offset))
        byte(format)
        byte(codecVersion)
    }
}

extension StateReader {
    /// Reads the head; versions that are newer than ours are refused, older ones are left in `format` and `version`.
    mutating func head(codecVersion: UInt8) throws(StateError) -> Position {
        let generation = try fixed64()
        let offset = Int64(bitPattern: try fixed64())
        format = try byte()
        guard (1...ValueHead.formatVersion).contains(format) else {
            throw StateError("state is of a format that this version of recs does not know; upgrade it, or rebuild by replay")
        }
        version = try byte()
        guard (1...codecVersion).contains(version) else {
            throw StateError("state was written by a newer version of recs; upgrade this one, or rebuild by replay")
        }
        return Position(generation: generation, offset: offset)
    }

    func end() throws(StateError) {
        guard remaining == 0 else { throw StateError("state is followed by bytes that do not belong to it; rebuild it by replay") }
    }
}
