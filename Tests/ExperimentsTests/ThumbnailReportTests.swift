import Features
import Foundation
import Testing

@testable import Experiments

@Suite struct ThumbnailReportTests {
    private let test = thumbnailTest("poster", weights: [0.5, 0.5])

    private func totals(_ rows: [(variant: String, segment: String, exposed: Int64, won: Int64)]) -> [ArmTotals] {
        rows.map { ArmTotals(variant: VariantID($0.variant), segment: SegmentID($0.segment), exposed: $0.exposed, won: $0.won) }
    }

    private var planted: [ArmTotals] {
        totals([
            ("v0", "drama", 10_000, 500), ("v1", "drama", 10_050, 800), ("v0", "comedy", 9000, 450), ("v1", "comedy", 8970, 452),
            ("gone", "drama", 5000, 5000),
        ])
    }

    @Test func aPlantedLiftWinsWhereItWasPlanted() {
        let report = ThumbnailReport(test: test, totals: planted)
        #expect(report.verdict == .winner(VariantID("v1")))
        #expect(report.segments.map(\.segment.description) == ["comedy", "drama"])
        #expect(report.segments[0].winner == nil)
        let found = winners(report)
        #expect(found == [SegmentID("drama"): VariantID("v1")])
        #expect(report.variants[1].arm == Arm(exposed: 19_020, won: 1252))
    }

    @Test func aSkewedSplitIsNotRead() {
        let report = ThumbnailReport(test: test, totals: totals([("v0", "drama", 10_000, 500), ("v1", "drama", 9300, 800)]))
        #expect(report.srm.isMismatch && report.verdict == .sampleRatioMismatch)
        #expect(winners(report).isEmpty)
        #expect(report.recommendation.hasPrefix("Do not read"))
    }

    @Test func equalVariantsGoOnUntilTheyAreKnownToBeEqual() {
        let early = ThumbnailReport(test: test, totals: totals([("v0", "a", 1000, 50), ("v1", "a", 1003, 52)]))
        #expect(early.verdict == .keepRunning)
        #expect((early.neededPerVariant ?? 0) > 10_000)
        var settings = ReportSettings()
        settings.relevantLift = 0.1
        let late = totals([("v0", "a", 1_000_000, 50_000), ("v1", "a", 1_000_300, 50_010)])
        #expect(ThumbnailReport(test: test, totals: late, settings: settings).verdict == .noDifference)
    }

    @Test func aControlThatIsBestWins() {
        let report = ThumbnailReport(test: test, totals: totals([("v0", "a", 20_000, 1300), ("v1", "a", 20_050, 1000)]))
        #expect(report.verdict == .winner(VariantID("v0")))
    }

    @Test func anEmptyTestKeepsRunning() {
        let report = ThumbnailReport(test: test, totals: [])
        #expect(report.verdict == .keepRunning && report.neededPerVariant == nil && report.segments.isEmpty)
        #expect(report.variants.map(\.arm.exposed) == [0, 0])
        #expect(report.svg.hasPrefix("<svg") && report.text.contains("Keep running"))
    }

    @Test func jsonHasTheDocumentedNamesAndReadsBack() throws {
        let report = ThumbnailReport(test: test, totals: planted, snapshotAt: 1_700_000_000_000)
        let json = try report.jsonText()
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let names: Set = [
            "test_id", "title_id", "snapshot_at", "srm", "variants", "segments", "needed_per_variant", "verdict", "winner",
            "recommendation",
        ]
        #expect(Set(object.keys) == names)
        let variant = try #require((object["variants"] as? [[String: Any]])?.first)
        let variantNames: Set = [
            "variant_id", "artwork_id", "exposed", "won", "rate", "rate_low", "rate_high", "lift", "lift_low", "lift_high", "p_best",
            "expected_loss", "p_value_sequential",
        ]
        #expect(Set(variant.keys) == variantNames)
        #expect(variant["lift"] is NSNull)
        #expect((object["srm"] as? [String: Any])?["verdict"] as? String == "ok")
        #expect(try JSONDecoder().decode(ThumbnailReport.self, from: Data(json.utf8)) == report)
    }

    @Test func textPutsTheSplitFirst() throws {
        let lines = ThumbnailReport(test: test, totals: planted).text.split(separator: "\n")
        #expect(lines[1].hasPrefix("split  ok"))
        #expect(lines.contains { $0.hasPrefix("segment drama: v1 wins") })
        #expect(lines.last == "v1 wins: serve it.")
    }

    @Test func everyFormTellsHowOldTheCountsAre() throws {
        let unread = ThumbnailReport(test: test, totals: [])
        #expect(unread.text.contains("counts not read yet") && unread.svg.contains("counts not read yet"))
        let report = ThumbnailReport(test: test, totals: planted, snapshotAt: 1_700_000_000_000)
        for form in [report.text, report.svg] { #expect(form.contains("counts of 2023-11-14T22:13:20Z"), "\(form)") }
        #expect(try report.jsonText().contains("\"snapshot_at\" : 1700000000000"))
    }

    @Test func svgIsWellFormedAndEscapes() throws {
        var report = ThumbnailReport(test: test, totals: planted)
        report.test = TestID("<b> & co")
        let parser = XMLParts(report.svg)
        #expect(parser.isWellFormed)
        #expect(parser.counts["circle"] == 2)
    }

    /// The relative lift's delta-method interval, computed by hand: p₀ = 0.05, p = 0.06, n = 10,000 each.
    @Test func liftIntervalIsTheDeltaMethods() throws {
        let found = try #require(lift(of: Arm(exposed: 10_000, won: 600), over: Arm(exposed: 10_000, won: 500)))
        let deviation = (0.06 * 0.94 / 1e4 / 0.0025 + 0.05 * 0.95 / 1e4 * 0.0036 / 0.0025 / 0.0025).squareRoot()
        #expect(abs(found.value - 0.2) < 1e-12)
        #expect(abs(found.interval.low - (0.2 - 1.959963984540054 * deviation)) < 1e-12)
        #expect(lift(of: Arm(exposed: 10, won: 1), over: Arm(exposed: 10, won: 0)) == nil)
    }
}

/// Checks that every tag of an XML text is closed in order, and counts the elements.
private struct XMLParts {
    var isWellFormed = true
    var counts: [Substring: Int] = [:]

    init(_ text: String) {
        var open: [Substring] = []
        for piece in text.split(separator: "<") {
            guard let end = piece.firstIndex(of: ">") else {
                isWellFormed = false
                return
            }
            let tag = piece[..<end]
            let name = tag.prefix { $0 != " " && $0 != "/" }
            if tag.hasPrefix("/") {
                if open.popLast() != tag.dropFirst() { isWellFormed = false }
                continue
            }
            counts[name, default: 0] += 1
            if !tag.hasSuffix("/") { open.append(name) }
        }
        isWellFormed = isWellFormed && open.isEmpty
    }
}
