internal import Features
internal import Foundation

extension ThumbnailReport.Verdict {
    /// The name of the verdict in JSON.
    package var name: String {
        switch self {
        case .keepRunning: "keep_running"
        case .sampleRatioMismatch: "sample_ratio_mismatch"
        case .winner: "winner"
        case .noDifference: "no_difference"
        }
    }
}

extension ThumbnailReport: Codable {
    /// Writes `test_id`, `title_id`, `snapshot_at`, `srm` {pValue, verdict}, `variants`, `segments`, `needed_per_variant`, `verdict`, `winner`,
    /// `recommendation`. What is not known is null.
    package func encode(to encoder: any Encoder) throws {
        try Document(self).encode(to: encoder)
    }

    /// Reads what `encode` wrote.
    package init(from decoder: any Decoder) throws {
        self = try Document(from: decoder).report
    }

    /// The report as JSON text, keys sorted.
    package func jsonText() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// The shape of the JSON.
private struct Document: Codable {
    var testId: String
    var titleId: String
    var snapshotAt: Int64
    var srm: Ratio
    var variants: [Variant]
    var segments: [Segment]
    @Nullable var neededPerVariant: Int64?
    var verdict: String
    @Nullable var winner: String?
    var recommendation: String

    enum CodingKeys: String, CodingKey {
        case srm, variants, segments, verdict, winner, recommendation
        case testId = "test_id"
        case titleId = "title_id"
        case snapshotAt = "snapshot_at"
        case neededPerVariant = "needed_per_variant"
    }

    init(_ report: ThumbnailReport) {
        testId = report.test.description
        titleId = report.title.description
        snapshotAt = report.snapshotAt
        srm = Ratio(pValue: report.srm.pValue, verdict: report.srm.isMismatch ? "mismatch" : "ok")
        variants = report.variants.map { Variant($0) }
        segments = report.segments.map { Segment($0) }
        neededPerVariant = report.neededPerVariant
        verdict = report.verdict.name
        if case .winner(let variant) = report.verdict { winner = variant.description }
        recommendation = report.recommendation
    }

    var report: ThumbnailReport {
        get throws {
            ThumbnailReport(
                test: TestID(testId), title: TitleID(titleId), snapshotAt: snapshotAt,
                srm: ThumbnailReport.SampleRatio(pValue: srm.pValue, isMismatch: srm.verdict == "mismatch"),
                variants: variants.map(\.result), segments: segments.map(\.result), neededPerVariant: neededPerVariant,
                verdict: try decodedVerdict)
        }
    }

    private var decodedVerdict: ThumbnailReport.Verdict {
        get throws {
            let known: [ThumbnailReport.Verdict] = [.keepRunning, .sampleRatioMismatch, .noDifference]
            if let winner, verdict == "winner" { return .winner(VariantID(winner)) }
            guard let found = known.first(where: { $0.name == verdict }) else {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "unknown verdict \(verdict)"))
            }
            return found
        }
    }

    struct Ratio: Codable {
        var pValue: Double
        var verdict: String

        enum CodingKeys: String, CodingKey {
            case verdict
            case pValue = "p_value"
        }
    }

    struct Variant: Codable {
        var variantId: String
        var artworkId: String
        var exposed: Int64
        var won: Int64
        var rate: Double
        var rateLow: Double
        var rateHigh: Double
        @Nullable var lift: Double?
        @Nullable var liftLow: Double?
        @Nullable var liftHigh: Double?
        var pBest: Double
        var expectedLoss: Double
        @Nullable var pValueSequential: Double?

        enum CodingKeys: String, CodingKey {
            case exposed, won, rate, lift
            case variantId = "variant_id"
            case artworkId = "artwork_id"
            case rateLow = "rate_low"
            case rateHigh = "rate_high"
            case liftLow = "lift_low"
            case liftHigh = "lift_high"
            case pBest = "p_best"
            case expectedLoss = "expected_loss"
            case pValueSequential = "p_value_sequential"
        }

        init(_ result: VariantResult) {
            variantId = result.variant.description
            artworkId = result.artwork.description
            exposed = result.arm.exposed
            won = result.arm.won
            rate = result.arm.rate
            rateLow = result.rateInterval.low
            rateHigh = result.rateInterval.high
            lift = result.lift?.value
            liftLow = result.lift?.interval.low
            liftHigh = result.lift?.interval.high
            pBest = result.bestProbability
            expectedLoss = result.expectedLoss
            pValueSequential = result.sequentialPValue
        }

        var result: VariantResult {
            let interval = liftLow.flatMap { low in liftHigh.map { Interval(low: low, high: $0) } }
            return VariantResult(
                variant: VariantID(variantId), artwork: ArtworkID(artworkId), arm: Arm(exposed: exposed, won: won),
                rateInterval: Interval(low: rateLow, high: rateHigh),
                lift: lift.flatMap { value in interval.map { Lift(value: value, interval: $0) } },
                bestProbability: pBest, expectedLoss: expectedLoss, sequentialPValue: pValueSequential)
        }
    }

    struct Segment: Codable {
        var segment: String
        var variants: [Variant]
        var ratesShrunk: [Double]
        var pValuesCorrected: [Double]
        @Nullable var winner: String?

        enum CodingKeys: String, CodingKey {
            case segment, variants, winner
            case ratesShrunk = "rates_shrunk"
            case pValuesCorrected = "p_values_corrected"
        }

        init(_ result: SegmentResult) {
            segment = result.segment.description
            variants = result.variants.map { Variant($0) }
            ratesShrunk = result.shrunkRates
            pValuesCorrected = result.correctedPValues
            winner = result.winner?.description
        }

        var result: SegmentResult {
            SegmentResult(
                segment: SegmentID(segment), variants: variants.map(\.result), shrunkRates: ratesShrunk,
                correctedPValues: pValuesCorrected, winner: winner.map { VariantID($0) })
        }
    }
}

/// An optional that is written as null where it is empty, so that every key is always there.
@propertyWrapper
private struct Nullable<Value: Codable>: Codable {
    var wrappedValue: Value?

    init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}
