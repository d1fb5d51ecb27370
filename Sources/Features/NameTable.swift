// hot path

/// A text interned in a `NameTable`: equal numbers, equal texts. Process-local; state is stored with the texts themselves.
package struct Name: Hashable, Sendable, BitwiseCopyable {
    package let raw: UInt32
    /// The empty text.
    package static let none = Name(raw: 0)
    @inlinable package init(raw: UInt32) { self.raw = raw }
    @inlinable package var isNone: Bool { raw == 0 }
    /// Spelled out: the one that the compiler would make is called by way of the protocol from other modules. Hot loops there compare `raw`, as
    /// no function of a `package` type is inlined across modules.
    package static func == (a: Name, b: Name) -> Bool { a.raw == b.raw }
}

/// Texts to numbers and back: open addressing over one byte buffer; hashes find, bytes decide.
package struct NameTable: Sendable {
    /// Hash in the upper half, number in the lower; 0 is free, as no text has the number 0.
    private var slots: [UInt64]
    @usableFromInline var ends: [UInt32] = [0]
    @usableFromInline var bytes: [UInt8] = []
    private var mask: Int

    /// `capacity` names fit without growing.
    package init(capacity: Int = 256) {
        var size = 16
        while size * 3 < capacity * 4 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
        ends.reserveCapacity(capacity + 1)
    }

    /// Names held, the empty one not counted.
    @inlinable package var count: Int { ends.count - 1 }
    /// Bytes held by the texts.
    @inlinable package var byteCount: Int { bytes.count }

    /// The number of a text, which is added if it is new.
    package mutating func intern(_ text: UnsafeRawBufferPointer) -> Name { intern(text, hash: NameTable.hash(text)) }

    /// The same where the hash is known.
    package mutating func intern(_ text: UnsafeRawBufferPointer, hash: UInt32) -> Name {
        if text.isEmpty { return .none }
        let place = place(of: text, hash: hash)
        if slots[place] != 0 { return Name(raw: UInt32(truncatingIfNeeded: slots[place])) }
        let raw = UInt32(ends.count)
        bytes.append(contentsOf: text)
        ends.append(UInt32(bytes.count))
        slots[place] = UInt64(hash) << 32 | UInt64(raw)
        if ends.count * 4 > slots.count * 3 { grow() }
        return Name(raw: raw)
    }

    package mutating func intern(_ text: String) -> Name {
        var text = text
        return text.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
    }

    /// The number of a text that is already there.
    package func find(_ text: UnsafeRawBufferPointer) -> Name? {
        if text.isEmpty { return Name.none }
        let slot = slots[place(of: text, hash: NameTable.hash(text))]
        return slot == 0 ? nil : Name(raw: UInt32(truncatingIfNeeded: slot))
    }

    /// Reads what stands where a text of that hash is looked for first: reading ahead for several texts lets their cache misses overlap.
    package func readAhead(hash: UInt32) -> UInt64 { slots[Int(hash) & mask] }

    /// The bytes of a name, valid within `body`.
    @inlinable
    package func withBytes<R>(_ name: Name, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        let range = range(name)
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    @usableFromInline
    func range(_ name: Name) -> Range<Int> {
        name.raw == 0 ? 0..<0 : Int(ends[Int(name.raw) - 1])..<Int(ends[Int(name.raw)])
    }

    /// Where the text is, or the free slot where it belongs.
    @inline(__always)
    private func place(of text: UnsafeRawBufferPointer, hash: UInt32) -> Int {
        slots.withUnsafeBufferPointer { slots in
            var place = Int(hash) & mask
            while slots[place] != 0 {
                let slot = slots[place]
                if UInt32(truncatingIfNeeded: slot >> 32) == hash && equals(Int(UInt32(truncatingIfNeeded: slot)), text) { return place }
                place = (place + 1) & mask
            }
            return place
        }
    }

    @inline(__always)
    private func equals(_ candidate: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        let start = Int(ends[candidate - 1])
        guard Int(ends[candidate]) - start == text.count else { return false }
        return bytes.withUnsafeBytes { held in
            var offset = 0
            while offset + 8 <= text.count {
                let word = held.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
                if word != text.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
                offset += 8
            }
            while offset < text.count {
                if held[start + offset] != text[offset] { return false }
                offset += 1
            }
            return true
        }
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: slots.count * 2)
        mask = larger.count - 1
        for slot in slots where slot != 0 {
            var place = Int(slot >> 32) & mask
            while larger[place] != 0 { place = (place + 1) & mask }
            larger[place] = slot
        }
        slots = larger
    }

    /// A multiplicative hash of eight bytes at a time with a final mix, so that the low bits are good (a table index). Of this process only:
    /// nothing that is stored depends on it.
    package static func hash(_ text: UnsafeRawBufferPointer) -> UInt32 {
        var hash = UInt64(text.count) &* 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while offset + 8 <= text.count {
            hash = mixed(hash, text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < text.count {
            rest = rest << 8 | UInt64(text[offset])
            offset += 1
        }
        hash = mixed(hash, rest)
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    @inline(__always)
    private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0xd6e8_feb8_6659_fd93
        return product ^ product >> 29
    }
}
