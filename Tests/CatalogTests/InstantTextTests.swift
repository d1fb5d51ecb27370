import Catalog
import Foundation
import TestSupport
import Testing

@Suite struct InstantTextTests {
    /// RFC 3339, section 5.8 gives the texts; `date -u +%s%3N -d TEXT` the milliseconds.
    @Test(arguments: [
        ("1985-04-12T23:20:50.52Z", Int64(482_196_050_520)),
        ("1996-12-19T16:39:57-08:00", 851_042_397_000),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130),
        ("2026-11-01", 1_793_491_200_000),
        ("2024-02-29", 1_709_164_800_000),
    ])
    func readsPublishedExamples(_ text: String, _ milliseconds: Int64) {
        #expect(InstantText.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-1", "2026-13-01", "2026-02-29", "2026-00-10", "2026-11-01T", "2026-11-01 20:15:00Z", "2026-11-01T20:15:00",
        "2026-11-01T24:00:00Z", "2026-11-01T20:15:00.Z", "2026-11-01T20:15:00+2:00", "2026-11-01T20:15:00.5", "２０２６-11-01",
    ])
    func refusesWhatIsNotRFC3339(_ text: String) {
        #expect(InstantText.milliseconds(text) == nil)
    }

    @Test func agreesWithFoundation() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var random = SplitMix64(seed: 3)
        for _ in 0..<500 {
            // Foundation counts by the Julian calendar before 1582-10-15.
            let milliseconds = Int64.random(in: -12_000_000_000_000...60_000_000_000_000, using: &random)
            let text = InstantText.text(milliseconds)
            #expect(InstantText.milliseconds(text) == milliseconds)
            if text.count > 10 {
                let other = formatter.date(from: text).map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
                #expect(other == milliseconds)
            }
        }
    }
}
