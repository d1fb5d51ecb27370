internal import CDeflate

/// Raw deflate (RFC 1951) by libdeflate, which takes whole blocks and is several times as fast as zlib.
enum Deflate {
    /// A hundredth larger than zlib's default, in a third of its time. Level 1 takes little more than half the time of this one, for seven
    /// hundredths more to keep: an archive is kept for longer than it takes to write.
    private static let level: Int32 = 4
    /// Room that is tried first, and by how much it grows: a multiple of the packed size.
    private static let roomMin = 65_536
    private static let firstRatio = 8
    private static let growth = 4

    static func compress(_ input: [UInt8]) throws(AvroError) -> [UInt8] {
        guard let compressor = libdeflate_alloc_compressor(level) else {
            throw AvroError(.container, "out of memory for compressing a block")
        }
        defer { libdeflate_free_compressor(compressor) }
        let room = libdeflate_deflate_compress_bound(compressor, input.count)
        let output = [UInt8](unsafeUninitializedCapacity: room) { target, count in
            count = input.withUnsafeBytes { source in
                libdeflate_deflate_compress(compressor, source.baseAddress, source.count, target.baseAddress, target.count)
            }
        }
        guard !output.isEmpty else { throw AvroError(.container, "libdeflate could not compress a block") }
        return output
    }

    /// What follows the end of the deflate stream is ignored: some writers leave zlib's checksum there (fastavro does).
    static func decompress(_ input: [UInt8], byteCountMax: Int) throws(AvroError) -> [UInt8] {
        guard let decompressor = libdeflate_alloc_decompressor() else {
            throw AvroError(.container, "out of memory for decompressing a block")
        }
        defer { libdeflate_free_decompressor(decompressor) }
        var room = min(max(input.count * firstRatio, roomMin), byteCountMax)
        while true {
            var result = LIBDEFLATE_BAD_DATA
            let output = [UInt8](unsafeUninitializedCapacity: room) { target, count in
                result = input.withUnsafeBytes { source in
                    libdeflate_deflate_decompress(
                        decompressor, source.baseAddress, source.count, target.baseAddress, target.count, &count)
                }
            }
            if result == LIBDEFLATE_SUCCESS { return output }
            guard result == LIBDEFLATE_INSUFFICIENT_SPACE else { throw AvroError(.container, "the block is damaged: not deflate") }
            guard room < byteCountMax else { throw AvroError(.container, "the block unpacks to more than \(byteCountMax) bytes") }
            room = min(room * growth, byteCountMax)
        }
    }
}
