// hot path

/// What a viewer's value knew of its past when the viewer was erased: what is left to tell where an archive has dropped the events themselves,
/// so that retries that come later are still known (DESIGN §6.3, §6.9).
///
/// Bytes: log time, then the ids as values hold them, counted back from the erasure's offset; never empty.
package struct ErasedPast: Sendable, Equatable {
    /// Later times are not believed: the year 9999.
    private static let timeMax: Int64 = 253_402_300_800_000

    /// Append time of the newest applied record, milliseconds.
    package var logTime: Int64
    package var recentIDs: RecentIDs

    package init(logTime: Int64, recentIDs: RecentIDs) {
        self.logTime = logTime
        self.recentIDs = recentIDs
    }

    /// `offset` is the erasure's.
    package func encode(into writer: inout StateWriter, offset: Int64) {
        writer.zigzag(logTime)
        recentIDs.encode(into: &writer, offset: offset, logTime: logTime)
    }

    /// Reads what `encode` wrote; such bytes come by the log, so that times are held against their bounds.
    package init(from bytes: UnsafeRawBufferPointer, offset: Int64) throws(StateError) {
        var reader = StateReader(bytes)
        logTime = try reader.amount()
        recentIDs = try RecentIDs(from: &reader, offset: offset, logTime: logTime)
        try reader.end()
        for time in recentIDs.entries.map(\.appendTime) + [logTime] where !(0..<ErasedPast.timeMax).contains(time) {
            throw StateError("the ids of an erased viewer's events are of impossible times")
        }
    }
}
