internal import CZlib

/// Raw deflate (RFC 1951) by zlib.
enum Deflate {
    /// Negative: no zlib header; the largest window.
    private static let windowBits: Int32 = -15
    private static let memoryLevel: Int32 = 8
    private static let chunkByteCount = 65_536

    static func compress(_ input: [UInt8]) throws(AvroError) -> [UInt8] {
        var stream = z_stream()
        let status = deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw AvroError(.container, "zlib could not start to compress (status \(status))") }
        defer { deflateEnd(&stream) }
        var input = input
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(input.count))))
        let end = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard end == Z_STREAM_END else { throw AvroError(.container, "zlib could not compress a block (status \(end))") }
        output.removeLast(Int(stream.avail_out))
        return output
    }

    /// What follows the end of the deflate stream is ignored: some writers leave zlib's checksum there (fastavro does).
    static func decompress(_ input: [UInt8], byteCountMax: Int) throws(AvroError) -> [UInt8] {
        var stream = z_stream()
        let status = inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw AvroError(.container, "zlib could not start to decompress (status \(status))") }
        defer { inflateEnd(&stream) }
        var input = input
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkByteCount)
        let end = input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            return inflateAll(&stream, &chunk, &output, byteCountMax: byteCountMax)
        }
        guard output.count <= byteCountMax else { throw AvroError(.container, "the block unpacks to more than \(byteCountMax) bytes") }
        guard end == Z_STREAM_END else { throw AvroError(.container, "the block is damaged: not deflate") }
        return output
    }

    /// Inflates chunk by chunk until the end, an error, or more than `byteCountMax` bytes; answers zlib's last status.
    private static func inflateAll(
        _ stream: inout z_stream, _ chunk: inout [UInt8], _ output: inout [UInt8], byteCountMax: Int
    ) -> Int32 {
        var status = Z_OK
        while status == Z_OK && output.count <= byteCountMax {
            let room = chunk.count
            status = chunk.withUnsafeMutableBufferPointer { target in
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(room)
                return inflate(&stream, Z_NO_FLUSH)
            }
            output.append(contentsOf: chunk[..<(room - Int(stream.avail_out))])
        }
        return status
    }
}
