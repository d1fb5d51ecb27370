internal import CZstd

/// Zstandard frames (RFC 8878) by libzstd.
enum Zstandard {
    private static let level: Int32 = 3

    static func compress(_ input: [UInt8]) throws(AvroError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(input.count))
        let count = output.withUnsafeMutableBytes { target in
            input.withUnsafeBytes { source in
                ZSTD_compress(target.baseAddress, target.count, source.baseAddress, source.count, level)
            }
        }
        guard ZSTD_isError(count) == 0 else { throw AvroError(.container, "zstandard could not compress a block: \(name(of: count))") }
        output.removeLast(output.count - count)
        return output
    }

    static func decompress(_ input: [UInt8], byteCountMax: Int) throws(AvroError) -> [UInt8] {
        guard let stream = ZSTD_createDStream() else { throw AvroError(.container, "zstandard could not start to decompress") }
        defer { ZSTD_freeDStream(stream) }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
        let status = input.withUnsafeBytes { source in
            var inner = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            return decompressAll(stream, &inner, &chunk, &output, byteCountMax: byteCountMax)
        }
        guard output.count <= byteCountMax else { throw AvroError(.container, "the block unpacks to more than \(byteCountMax) bytes") }
        guard ZSTD_isError(status) == 0 else { throw AvroError(.container, "the block is damaged: \(name(of: status))") }
        guard status == 0 else { throw AvroError(.container, "the block is damaged: its zstandard frame is cut off") }
        return output
    }

    /// Decompresses chunk by chunk until nothing comes any more, an error, or more than `byteCountMax` bytes; answers zstandard's last
    /// status, which is 0 at the end of a frame.
    private static func decompressAll(
        _ stream: OpaquePointer, _ input: inout ZSTD_inBuffer, _ chunk: inout [UInt8], _ output: inout [UInt8], byteCountMax: Int
    ) -> Int {
        var status = 1
        while output.count <= byteCountMax {
            let consumed = input.pos
            let written = chunk.withUnsafeMutableBytes { target in
                var room = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                status = ZSTD_decompressStream(stream, &room, &input)
                return room.pos
            }
            if ZSTD_isError(status) != 0 { return status }
            output.append(contentsOf: chunk[..<written])
            let isAtEnd = status == 0 && input.pos == input.size
            if isAtEnd || (written == 0 && input.pos == consumed) { return status }
        }
        return status
    }

    private static func name(of status: Int) -> String {
        guard let text = ZSTD_getErrorName(status) else { return "status \(status)" }
        return String(cString: text)
    }
}
