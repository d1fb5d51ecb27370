/// Makes an object container file (Avro 1.11 specification, "Object Container Files"): append records, take the bytes, write them wherever
/// they belong, and finish.
package struct ContainerWriter: Sendable {
    static let magic: [UInt8] = [0x4f, 0x62, 0x6a, 0x01]
    /// Bytes of a sync marker.
    package static let syncByteCount = 16

    private let schema: ParsedSchema
    private let codec: ContainerCodec
    private let sync: [UInt8]
    private let blockByteCountMax: Int
    private var output: [UInt8] = []
    private var block: [UInt8] = []
    private var blockRecordCount = 0

    /// Begins a file. `sync` are 16 bytes that should be random, so that blocks can be told apart; `metadata` goes into the header beside
    /// the reserved `avro.…` entries; a block ends with the record that brings it to `blockByteCountMax` bytes before compression.
    package init(
        schema: ParsedSchema, codec: ContainerCodec, sync: [UInt8], metadata: [String: [UInt8]] = [:], blockByteCountMax: Int = 65_536
    ) throws(AvroError) {
        guard sync.count == Self.syncByteCount else {
            throw AvroError(.container, "a sync marker has \(Self.syncByteCount) bytes, not \(sync.count)")
        }
        if let reserved = metadata.keys.first(where: { $0.hasPrefix("avro.") }) {
            throw AvroError(.container, "the metadata key \"\(reserved)\" is reserved; choose one without avro. before it")
        }
        self.schema = schema
        self.codec = codec
        self.sync = sync
        self.blockByteCountMax = blockByteCountMax
        appendHeader(metadata)
    }

    private mutating func appendHeader(_ metadata: [String: [UInt8]]) {
        var entries = metadata.sorted { $0.key < $1.key }
        entries.insert(("avro.codec", [UInt8](codec.rawValue.utf8)), at: 0)
        entries.insert(("avro.schema", [UInt8](schema.json.utf8)), at: 0)
        output += Self.magic
        AvroWriter.long(Int64(entries.count), into: &output)
        for (key, value) in entries {
            AvroWriter.string(key, into: &output)
            value.withUnsafeBytes { AvroWriter.bytes($0, into: &output) }
        }
        AvroWriter.long(0, into: &output)
        output += sync
    }

    /// Appends a record; one that does not fit the schema is an error and leaves the file as it was.
    package mutating func append(_ value: Value) throws(AvroError) {
        try value.encode(as: schema, into: &block)
        try noteRecord()
    }

    /// Appends a record that is encoded already; it must be of the file's schema, which is not checked.
    package mutating func append(encoded record: UnsafeRawBufferPointer) throws(AvroError) {
        block.append(contentsOf: record)
        try noteRecord()
    }

    private mutating func noteRecord() throws(AvroError) {
        blockRecordCount += 1
        if block.count >= blockByteCountMax { try finishBlock() }
    }

    /// Ends the block that is being filled, if it holds a record; call it before taking the last bytes.
    package mutating func finishBlock() throws(AvroError) {
        guard blockRecordCount > 0 else { return }
        let bytes = try codec.compress(block)
        AvroWriter.long(Int64(blockRecordCount), into: &output)
        bytes.withUnsafeBytes { AvroWriter.bytes($0, into: &output) }
        output += sync
        block.removeAll(keepingCapacity: true)
        blockRecordCount = 0
    }

    /// The bytes that are ready to be written: the header at first, then whole blocks. They are handed over once.
    package mutating func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }
}
