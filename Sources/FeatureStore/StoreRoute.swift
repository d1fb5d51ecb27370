// hot path

/// The way to the keys: where the store is, and which slot a key has. Who serves a slot is asked of the store itself (`SlotMap`).
package struct StoreRoute: Sendable {
    package static let slotCount = 16_384

    let server: StoreAddress

    package init(_ server: StoreAddress) { self.server = server }

    /// A key's slot: CRC16 (XMODEM) modulo 16384 of the text in the first braces, or of the whole key (Redis Cluster specification, "Key
    /// distribution model").
    package static func slot(of key: UnsafeRawBufferPointer) -> UInt16 {
        var hash: UInt16 = 0
        for byte in tag(of: key) {
            hash ^= UInt16(byte) << 8
            for _ in 0..<8 { hash = hash & 0x8000 != 0 ? hash << 1 ^ 0x1021 : hash << 1 }
        }
        return hash % UInt16(slotCount)
    }

    static func slot(of key: [UInt8]) -> UInt16 { key.withUnsafeBytes { slot(of: $0) } }

    /// The part of a key that decides its slot.
    static func tag(of key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key }
        let rest = UnsafeRawBufferPointer(rebasing: key[(open + 1)...])
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > 0 else { return key }
        return UnsafeRawBufferPointer(rebasing: rest[..<close])
    }
}
