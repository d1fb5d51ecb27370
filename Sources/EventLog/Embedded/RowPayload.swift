// hot path
internal import Events

/// The records of one row of a topic file: each is a key count and a value count (4 bytes each, little-endian), then key and value.
///
/// All records of a row have consecutive offsets and one append time, which the row's other columns tell.
struct RowPayload {
    static let byteCountMax = 256 << 10
    static let recordCountMax = 1024
    private static let headerByteCount = 8

    private(set) var bytes: [UInt8] = []
    private(set) var recordCount = 0

    var isFull: Bool { recordCount >= RowPayload.recordCountMax || bytes.count >= RowPayload.byteCountMax }

    mutating func append(key: Slice, value: Slice, of source: UnsafeRawBufferPointer) {
        append(number: key.count)
        append(number: value.count)
        bytes.append(contentsOf: source[key.range])
        bytes.append(contentsOf: source[value.range])
        recordCount += 1
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        recordCount = 0
    }

    private mutating func append(number: UInt32) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Copies up to `recordCountMax` records of `payload` into `batch`, leaving out the first `skipCount`; answers how many, or nil for a damaged row.
    static func read(
        _ payload: UnsafeRawBufferPointer, skipCount: Int, recordCountMax: Int, first: RecordBatch.Record, into batch: inout RecordBatch
    ) -> Int? {
        var begin = 0
        for _ in 0..<skipCount {
            guard let next = end(ofRecordAt: begin, in: payload) else { return nil }
            begin = next
        }
        // The headers are copied along: one copy a row is cheaper than two a record.
        let shift = batch.bytes.count - begin
        var record = first
        var position = begin
        var count = 0
        while count < recordCountMax, position < payload.count {
            guard let next = end(ofRecordAt: position, in: payload) else { return nil }
            let keyCount = number(at: position, in: payload)
            let keyStart = position + headerByteCount
            record.key = Slice(offset: keyStart + shift, count: keyCount)
            record.value = Slice(offset: keyStart + keyCount + shift, count: next - keyStart - keyCount)
            batch.records.append(record)
            record.offset += 1
            position = next
            count += 1
        }
        batch.bytes.append(contentsOf: payload[begin..<position])
        return count
    }

    private static func number(at position: Int, in payload: UnsafeRawBufferPointer) -> Int {
        Int(UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
    }

    private static func end(ofRecordAt position: Int, in payload: UnsafeRawBufferPointer) -> Int? {
        guard position + headerByteCount <= payload.count else { return nil }
        let end = position + headerByteCount + number(at: position, in: payload) + number(at: position + 4, in: payload)
        return end <= payload.count ? end : nil
    }
}
