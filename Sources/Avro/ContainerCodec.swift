/// How the blocks of a container file are compressed; the raw value is the name in the file's header.
package enum ContainerCodec: String, Sendable, Hashable, CaseIterable {
    case null
    /// RFC 1951 without a zlib header.
    case deflate
    case zstandard

    /// The block as it stands in the file.
    func compress(_ bytes: [UInt8]) throws(AvroError) -> [UInt8] {
        switch self {
        case .null: bytes
        case .deflate: try Deflate.compress(bytes)
        case .zstandard: try Zstandard.compress(bytes)
        }
    }

    /// The block's records; an error for damaged bytes and for more than `byteCountMax` bytes.
    func decompress(_ bytes: [UInt8], byteCountMax: Int) throws(AvroError) -> [UInt8] {
        switch self {
        case .null: bytes
        case .deflate: try Deflate.decompress(bytes, byteCountMax: byteCountMax)
        case .zstandard: try Zstandard.decompress(bytes, byteCountMax: byteCountMax)
        }
    }
}
