// hot path

/// The texts of a page in one buffer, each written once and referred to by all items that share it; and beside them those that are the same
/// for every viewer, which stand elsewhere.
package struct PageTexts: Sendable {
    /// Where a text stands.
    package struct Range: Sendable, BitwiseCopyable {
        fileprivate var start: Int32 = 0
        fileprivate var end: Int32 = 0
        /// Among those of every viewer.
        fileprivate var isCommon = false
        init() {}
    }

    private var bytes: [UInt8] = []
    private let common: [UInt8]
    /// True while no text has a control character, a quotation mark or a backslash, which JSON wants escaped.
    private var isPlain: Bool

    /// `common` are texts written before, whose ranges say so (`Range.common`).
    init(common: PageTexts? = nil) {
        self.common = common?.bytes ?? []
        isPlain = common?.isPlain ?? true
        bytes.reserveCapacity(8192)
    }

    /// The bytes of all texts, valid within a closure.
    package struct Bytes {
        fileprivate let own: UnsafeRawBufferPointer
        fileprivate let common: UnsafeRawBufferPointer
        /// True where no text has a control character, a quotation mark or a backslash.
        package let isPlain: Bool

        package subscript(_ range: Range) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: (range.isCommon ? common : own)[Int(range.start)..<Int(range.end)])
        }
    }

    package func withBytes<R>(_ body: (Bytes) -> R) -> R {
        bytes.withUnsafeBytes { own in common.withUnsafeBytes { body(Bytes(own: own, common: $0, isPlain: isPlain)) } }
    }

    /// Writes a text.
    mutating func make(_ write: (inout PageTexts) -> Void) -> Range {
        var range = Range()
        range.start = Int32(bytes.count)
        write(&self)
        range.end = Int32(bytes.count)
        return range
    }

    mutating func add(_ text: StaticString) { text.withUTF8Buffer { bytes.append(contentsOf: $0) } }

    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { text in
            bytes.append(contentsOf: text)
            for byte in text where byte < 0x20 || byte == 0x22 || byte == 0x5c { isPlain = false }
        }
    }

    /// A text of this page.
    mutating func add(_ range: Range) {
        precondition(!range.isCommon, "texts of every viewer are shown as they are")
        let (from, to, count) = (Int(range.start), bytes.count, Int(range.end - range.start))
        // Room first: to append a slice of the buffer to itself would copy the whole buffer.
        bytes.append(contentsOf: repeatElement(0, count: count))
        bytes.withUnsafeMutableBytes { bytes in
            let text = UnsafeRawBufferPointer(rebasing: bytes[from..<from + count])
            UnsafeMutableRawBufferPointer(rebasing: bytes[to...]).copyMemory(from: text)
        }
    }

    mutating func add(_ number: Int64) {
        if number < 0 { bytes.append(0x2d) }
        let start = bytes.count
        var rest = number.magnitude
        repeat {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        var (low, high) = (start, bytes.count - 1)
        while low < high {
            bytes.swapAt(low, high)
            (low, high) = (low + 1, high - 1)
        }
    }

    /// "1 play", "3 plays".
    mutating func add(_ count: Int64, _ noun: StaticString) {
        add(count)
        add(" ")
        add(noun)
        if count != 1 { add("s") }
    }

    /// A span in the past, in the largest unit that fits.
    mutating func add(ago milliseconds: Int64) {
        let minutes = milliseconds / 60_000
        if minutes < 1 { return add("just now") }
        add(minutes < 60 ? minutes : minutes < 48 * 60 ? minutes / 60 : minutes / 1440)
        add(minutes < 60 ? " min ago" : minutes < 48 * 60 ? " h ago" : " days ago")
    }
}

extension PageTexts.Range {
    /// The same text for a page that was given the texts as `common`.
    var common: PageTexts.Range {
        var range = self
        range.isCommon = true
        return range
    }
}
