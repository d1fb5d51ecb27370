import Features
import TestSupport
import Testing

@Suite struct RecentIDsTests {
    @Test func theLast128TellRetriesWhateverIsKept() {
        var ids = RecentIDs()
        for number in 0..<300 as Range<UInt64> { ids.keep(number, offset: Int64(number), appendTime: 0) }
        for number in 0..<300 as Range<UInt64> { #expect(ids.holds(number, logTime: 0) == (number >= 172)) }
        for offset in 0..<300 as Range<Int64> { #expect(ids.holds(offset: offset)) }
        ids.prune(marker: 99, logTime: 0)
        #expect(ids.entries.map(\.offset) == Array(100..<300))
        ids.prune(marker: 299, logTime: 0)
        #expect(ids.entries.map(\.offset) == Array(172..<300))
    }

    @Test func idsTellNothingAfterADayOfLogTime() {
        var ids = RecentIDs()
        ids.keep(1, offset: 0, appendTime: 1000)
        ids.keep(2, offset: 1, appendTime: 2000)
        #expect(ids.holds(1, logTime: 1000 + 86_400_000))
        #expect(!ids.holds(1, logTime: 1001 + 86_400_000))
        ids.prune(marker: 1, logTime: 1001 + 86_400_000)
        #expect(ids.entries.map(\.fingerprint) == [2])
    }

    @Test func anErasedPastComesBackAndIsNeverEmptyBytes() throws {
        var ids = RecentIDs()
        for count in 0..<4 as Range<Int64> {
            let past = ErasedPast(logTime: 5000 + count, recentIDs: ids)
            var writer = StateWriter()
            past.encode(into: &writer, offset: 40)
            #expect(!writer.bytes.isEmpty)
            let read = try writer.bytes.withUnsafeBytes { bytes throws(StateError) in try ErasedPast(from: bytes, offset: 40) }
            #expect(read == past)
            ids.keep(UInt64(count) &* 0x9e37_79b9_7f4a_7c15, offset: 10 * count, appendTime: 6000 - count)
        }
    }

    /// They come by the log, where anybody may have written them.
    @Test func anErasedPastOfImpossibleTimesIsRefused() {
        for (logTime, appendTime) in [(-1, 1), (1, -1), (1, .max), (.max, 1), (.min, .min)] as [(Int64, Int64)] {
            var ids = RecentIDs()
            ids.keep(7, offset: 3, appendTime: appendTime)
            var writer = StateWriter()
            ErasedPast(logTime: logTime, recentIDs: ids).encode(into: &writer, offset: 9)
            #expect(throws: StateError.self) { try writer.bytes.withUnsafeBytes { try ErasedPast(from: $0, offset: 9) } }
            #expect(throws: StateError.self) { try writer.bytes.dropLast().withUnsafeBytes { try ErasedPast(from: $0, offset: 9) } }
        }
    }

    @Test func fingerprintsOfSimilarIDsDiffer() {
        var seen: Set<UInt64> = []
        for high in 0..<200 as Range<UInt64> {
            for low in 0..<200 as Range<UInt64> { seen.insert(RecentIDs.fingerprint(high: high, low: low)) }
        }
        #expect(seen.count == 40_000)
    }

    @Test func everyBitOfAnIDMovesTheFingerprint() {
        let base = RecentIDs.fingerprint(high: 5, low: 9)
        for bit in 0..<64 as Range<UInt64> {
            let flips = [RecentIDs.fingerprint(high: 5 ^ 1 << bit, low: 9), RecentIDs.fingerprint(high: 5, low: 9 ^ 1 << bit)]
            for flip in flips { #expect((10...54).contains((flip ^ base).nonzeroBitCount)) }
        }
    }
}
