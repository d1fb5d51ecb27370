/// One Redis value: what one partition of one topic says of a title, with its own applied position (DESIGN §6.4).
///
/// Bytes: generation (8, big-endian) and applied offset (8, big-endian), then format version, codec version, the state.
package struct TitleValue: Sendable, Equatable {
    /// Raised when the bytes of the state change.
    package static let codecVersion: UInt8 = 1

    package var applied = Position.none
    package var state = TitleState()
    package init() {}

    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        writer.head(applied, codecVersion: TitleValue.codecVersion, format: ValueHead.titleFormatVersion)
        state.encode(into: &writer, names: names)
    }

    package init(from bytes: UnsafeRawBufferPointer, names: inout NameTable) throws(StateError) {
        var reader = StateReader(bytes)
        applied = try reader.head(codecVersion: TitleValue.codecVersion)
        state = try TitleState(from: &reader, names: &names)
        try reader.end()
    }
}
