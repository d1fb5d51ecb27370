// hot path
import Events

/// Walks the items of an encoded Avro array (1.11 specification, "Binary encoding", Arrays): blocks of a count and so many items, ended
/// by a count of 0; a negative count is followed by the block's size in bytes.
///
/// Bytes that are no such array end the walk early.
struct EncodedList {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int
    private let end: Int
    private var left: Int64 = 0

    init(_ list: Slice, _ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        position = list.range.lowerBound
        end = min(list.range.upperBound, bytes.count)
    }

    /// The next item of an array of strings.
    mutating func nextText() -> Slice? {
        guard enterBlock(), let count = long(), count >= 0, count <= Int64(end - position) else { return nil }
        defer { position += Int(count) }
        return Slice(offset: position, count: Int(count))
    }

    /// The next item of an array of numbers.
    mutating func nextNumber() -> Int64? { enterBlock() ? long() : nil }

    private mutating func enterBlock() -> Bool {
        if left == 0 {
            guard let count = long(), count != 0, count != Int64.min else { return false }
            if count < 0 && long() == nil { return false }
            left = abs(count)
        }
        left -= 1
        return true
    }

    /// A zigzag number of up to 64 bits.
    private mutating func long() -> Int64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end && shift < 64 {
            let group = bytes[position]
            position += 1
            value |= UInt64(group & 0x7f) << shift
            if group < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
            shift += 7
        }
        return nil
    }
}
