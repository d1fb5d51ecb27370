/// Reads an object container file (Avro 1.11 specification, "Object Container Files") from chunks of bytes: append what comes in, take
/// blocks until there is none, and at the end of the file `finish`.
package struct ContainerReader: Sendable {
    /// What stands at the beginning of the file.
    package struct Header: Sendable {
        package let schema: ParsedSchema
        package let codec: ContainerCodec
        /// Every entry, the reserved `avro.…` ones too.
        package let metadata: [String: [UInt8]]
        package let sync: [UInt8]
    }

    /// Bounds on what a file may ask of us.
    package struct Limits: Sendable, Hashable {
        package var headerByteCountMax: Int
        /// Of a block, as it stands in the file and unpacked.
        package var blockByteCountMax: Int
        package var blockRecordCountMax: Int

        package init(headerByteCountMax: Int = 1 << 24, blockByteCountMax: Int = 1 << 26, blockRecordCountMax: Int = 1_000_000) {
            self.headerByteCountMax = headerByteCountMax
            self.blockByteCountMax = blockByteCountMax
            self.blockRecordCountMax = blockRecordCountMax
        }
    }

    /// Nil until enough bytes were appended and `nextBlock` was called.
    package private(set) var header: Header?
    private let limits: Limits
    private var buffer: [UInt8] = []
    private var offset = 0
    /// Bytes of the file before the buffer.
    private var bytesBefore = 0
    private var blockIndex = 0

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// All records of a whole file.
    package static func values(of file: [UInt8], limits: Limits = Limits()) throws(AvroError) -> [Value] {
        var reader = ContainerReader(limits: limits)
        reader.append(file)
        var values: [Value] = []
        while let block = try reader.nextBlock() { values += try block.values() }
        try reader.finish()
        return values
    }

    /// Adds the file's next bytes.
    package mutating func append(_ chunk: some Collection<UInt8>) {
        bytesBefore += offset
        buffer.removeSubrange(..<offset)
        offset = 0
        buffer.append(contentsOf: chunk)
    }

    /// The same without a copy where all bytes before were read.
    package mutating func append(_ chunk: [UInt8]) {
        guard offset == buffer.count else { return append(chunk[...]) }
        bytesBefore += offset
        offset = 0
        buffer = chunk
    }

    /// The next block; nil where more bytes must be appended first.
    package mutating func nextBlock() throws(AvroError) -> ContainerBlock? {
        if header == nil { header = try readHeader() }
        guard let header else { return nil }
        guard let packed = try readBlock(header) else { return nil }
        do {
            let bytes = try header.codec.decompress(packed.bytes, byteCountMax: limits.blockByteCountMax)
            blockIndex += 1
            return ContainerBlock(schema: header.schema, recordCount: packed.recordCount, bytes: bytes)
        } catch {
            throw AvroError(.container, "block \(blockIndex): \(error.message)")
        }
    }

    /// Says that the file has ended; an error where it ends inside the header or a block.
    package func finish() throws(AvroError) {
        let end = bytesBefore + buffer.count
        guard header != nil else { throw AvroError(.container, "the file is cut off at byte \(end), inside its header") }
        guard offset == buffer.count else { throw AvroError(.container, "the file is cut off at byte \(end), inside block \(blockIndex)") }
    }

    private mutating func readBlock(_ header: Header) throws(AvroError) -> (recordCount: Int, bytes: [UInt8])? {
        let limits = limits
        let place = "block \(blockIndex) at byte \(bytesBefore + offset)"
        let block = try buffer.reading(from: offset) { (reader) throws(AvroError) -> (count: Int, payload: Range<Int>, end: Int)? in
            guard let count = try reader.longIfComplete(place), let byteCount = try reader.longIfComplete(place) else { return nil }
            guard count >= 0, count <= limits.blockRecordCountMax, byteCount >= 0, byteCount <= limits.blockByteCountMax else {
                throw AvroError(.container, "\(place) claims \(count) records in \(byteCount) bytes, more than we take")
            }
            let start = reader.offset
            guard reader.skip(count: Int(byteCount) + ContainerWriter.syncByteCount) else { return nil }
            guard reader.bytes[(start + Int(byteCount))..<reader.offset].elementsEqual(header.sync) else {
                throw AvroError(.container, "\(place) is damaged: it does not end with the file's sync marker")
            }
            return (Int(count), start..<(start + Int(byteCount)), reader.offset)
        }
        guard let block else { return nil }
        offset = block.end
        return (block.count, [UInt8](buffer[block.payload]))
    }

    /// The header, once all of it is there.
    private mutating func readHeader() throws(AvroError) -> Header? {
        guard buffer.starts(with: ContainerWriter.magic.prefix(buffer.count)) else {
            throw AvroError(.container, "not an Avro container file: it does not begin with Obj and 1")
        }
        guard buffer.count >= ContainerWriter.magic.count else { return nil }
        let parts = try buffer.reading(from: ContainerWriter.magic.count) { (reader) throws(AvroError) in try reader.headerIfComplete() }
        guard let parts else {
            guard buffer.count <= limits.headerByteCountMax else {
                throw AvroError(.container, "the header is longer than \(limits.headerByteCountMax) bytes")
            }
            return nil
        }
        offset = parts.end
        return try Self.header(parts.metadata, sync: [UInt8](buffer[(parts.end - ContainerWriter.syncByteCount)..<parts.end]))
    }

    private static func header(_ metadata: [String: [UInt8]], sync: [UInt8]) throws(AvroError) -> Header {
        guard let schema = metadata["avro.schema"] else { throw AvroError(.container, "the header has no avro.schema") }
        let name = metadata["avro.codec"].map { String(decoding: $0, as: UTF8.self) } ?? ContainerCodec.null.rawValue
        guard let codec = ContainerCodec(rawValue: name) else {
            let known = ContainerCodec.allCases.map(\.rawValue).joined(separator: ", ")
            throw AvroError(.container, "the codec \"\(name)\" is not one of \(known)")
        }
        let parsed = try ParsedSchema(json: String(decoding: schema, as: UTF8.self))
        return Header(schema: parsed, codec: codec, metadata: metadata, sync: sync)
    }
}

extension AvroReader {
    /// A long that may be cut off by the end of what has arrived (nil); an error where it is nonsense.
    fileprivate mutating func longIfComplete(_ place: String) throws(AvroError) -> Int64? {
        let start = offset
        if let value = readLong() { return value }
        guard end - start < 10, bytes[start..<end].allSatisfy({ $0 >= 0x80 }) else {
            throw AvroError(.container, "\(place) is damaged: it does not begin with two numbers")
        }
        return nil
    }

    /// The metadata and where the header ends; nil where it is not complete.
    fileprivate mutating func headerIfComplete() throws(AvroError) -> (metadata: [String: [UInt8]], end: Int)? {
        var metadata: [String: [UInt8]] = [:]
        let place = "the header"
        while true {
            guard let count = try longIfComplete(place) else { return nil }
            if count == 0 { break }
            if count < 0, try longIfComplete(place) == nil { return nil }
            for _ in 0..<count.magnitude {
                guard let key = try payloadIfComplete(place), let value = try payloadIfComplete(place) else { return nil }
                metadata[String(decoding: bytes[key], as: UTF8.self)] = [UInt8](bytes[value])
            }
        }
        guard skip(count: ContainerWriter.syncByteCount) else { return nil }
        return (metadata, offset)
    }

    private mutating func payloadIfComplete(_ place: String) throws(AvroError) -> Range<Int>? {
        guard let count = try longIfComplete(place) else { return nil }
        guard count >= 0 else { throw AvroError(.container, "\(place) is damaged: it holds a length below 0") }
        guard count <= remaining else { return nil }
        let start = offset
        return skip(count: Int(count)) ? start..<offset : nil
    }
}
