/// How long a viewer's value counts after its newest event: milliseconds of log time. An event that comes later begins anew.
package enum UserValueExpiry {
    private static let valueKeptMilliseconds: Int64 = 90 * 86_400_000
    private static let tombstoneKeptMilliseconds: Int64 = 7 * 86_400_000
    /// The store keeps values for so much longer, by its clock: a job, or a replay of old records, may lag so far and finds whatever one that
    /// does not lag would find.
    package static let lagMillisecondsMax: Int64 = 30 * 86_400_000

    static func end(isErased: Bool, logTime: Int64) -> Int64 {
        logTime + (isErased ? tombstoneKeptMilliseconds : valueKeptMilliseconds)
    }

    /// When the time of a value is over, milliseconds since 1970, read off its bytes, of whatever topic it is.
    package static func end(of bytes: UnsafeRawBufferPointer) throws(StateError) -> Int64 {
        var reader = StateReader(bytes)
        _ = try reader.head(codecVersion: .max)
        let isErased = try reader.flag()
        return end(isErased: isErased, logTime: try reader.amount())
    }
}
