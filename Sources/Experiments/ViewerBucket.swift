// hot path

/// Where a viewer falls within a test, as GrowthBook's SDKs compute it (hash version 2), so that their public vectors reproduce:
/// `fnv1a32(decimal(fnv1a32(seed + value))) % 10000 / 10000`.
///
/// Like the JavaScript SDK, this hashes UTF-16 code units; for ASCII that is the same as hashing bytes.
package enum ViewerBucket {
    /// Buckets that the hash tells apart.
    package static let count: UInt32 = 10_000

    /// The bucket of `value` under `seed`, 0 up to but not including 1, in steps of 1 / 10,000.
    package static func position(seed: String, value: String) -> Double {
        var first = FNV1a32()
        for unit in seed.utf16 { first.add(UInt32(unit)) }
        for unit in value.utf16 { first.add(UInt32(unit)) }
        var second = FNV1a32()
        second.addDecimal(first.hash)
        return Double(second.hash % count) / Double(count)
    }
}

/// Fowler, Noll, Vo: FNV-1a with 32 bits.
private struct FNV1a32 {
    var hash: UInt32 = 2_166_136_261

    mutating func add(_ unit: UInt32) { hash = (hash ^ unit) &* 16_777_619 }

    /// The decimal digits of a number, as text.
    mutating func addDecimal(_ number: UInt32) {
        var divisor: UInt32 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            add(48 + number / divisor % 10)
            divisor /= 10
        }
    }
}
