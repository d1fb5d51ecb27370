// hot path

/// Kafka's 32-bit murmur2 of a record key (`org.apache.kafka.common.utils.Utils.murmur2`, seed 0x9747b28c).
package func murmur2(_ key: UnsafeRawBufferPointer) -> Int32 {
    let multiplier: UInt32 = 0x5bd1_e995
    var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: key.count)
    var offset = 0
    while offset + 4 <= key.count {
        var word = UInt32(littleEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        word &*= multiplier
        word ^= word >> 24
        word &*= multiplier
        hash &*= multiplier
        hash ^= word
        offset += 4
    }
    if offset < key.count {
        for index in stride(from: key.count - 1, through: offset, by: -1) {
            hash ^= UInt32(key[index]) << UInt32(8 * (index - offset))
        }
        hash &*= multiplier
    }
    hash ^= hash >> 13
    hash &*= multiplier
    hash ^= hash >> 15
    return Int32(bitPattern: hash)
}
