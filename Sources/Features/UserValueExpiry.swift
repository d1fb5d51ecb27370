/// How long a viewer's value stays after its newest event, in milliseconds of log time.
package enum UserValueExpiry {
    private static let valueKeptMilliseconds: Int64 = 90 * 86_400_000
    private static let tombstoneKeptMilliseconds: Int64 = 7 * 86_400_000

    static func expiry(isErased: Bool, logTime: Int64) -> Int64 {
        logTime + (isErased ? tombstoneKeptMilliseconds : valueKeptMilliseconds)
    }

    /// The same read off the bytes of a value, of whatever topic it is.
    package static func expiry(of bytes: UnsafeRawBufferPointer) throws(StateError) -> Int64 {
        var reader = StateReader(bytes)
        _ = try reader.head(codecVersion: .max)
        let isErased = try reader.flag()
        return expiry(isErased: isErased, logTime: try reader.zigzag())
    }
}
