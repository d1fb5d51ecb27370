import Foundation

/// The lines of a file in the order of their bytes: equal where two files differ in the order of their lines only.
struct SortedLines: Equatable {
    private let bytes: [UInt8]
    private let lines: [Range<Int>]

    init(_ data: Data) {
        let bytes = [UInt8](data)
        var lines: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            lines.append(start..<end)
            start = end + 1
        }
        self.bytes = bytes
        self.lines = bytes.withUnsafeBytes { bytes in lines.sorted { Self.compare($0, bytes, $1, bytes) < 0 } }
    }

    static func == (a: SortedLines, b: SortedLines) -> Bool {
        guard a.lines.count == b.lines.count else { return false }
        return a.bytes.withUnsafeBytes { first in
            b.bytes.withUnsafeBytes { second in
                a.lines.indices.allSatisfy { compare(a.lines[$0], first, b.lines[$0], second) == 0 }
            }
        }
    }

    private static func compare(_ a: Range<Int>, _ first: UnsafeRawBufferPointer, _ b: Range<Int>, _ second: UnsafeRawBufferPointer) -> Int
    {
        guard let left = first.baseAddress, let right = second.baseAddress else { return a.count - b.count }
        let order = memcmp(left + a.lowerBound, right + b.lowerBound, min(a.count, b.count))
        return order == 0 ? a.count - b.count : Int(order)
    }
}
