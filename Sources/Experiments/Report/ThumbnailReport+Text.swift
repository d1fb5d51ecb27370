internal import Features
internal import Foundation

extension ThumbnailReport {
    /// The verdict in a sentence that says what to do.
    package var recommendation: String {
        switch verdict {
        case .sampleRatioMismatch:
            "Do not read this test: viewers were not split as its shares say (p = \(scientific(srm.pValue))). "
                + "Find out why before starting it again."
        case .winner(let variant): "\(variant) wins: serve it."
        case .noDifference: "No difference worth having: keep the control and end the test."
        case .keepRunning:
            if let neededPerVariant, neededPerVariant > 0 {
                "Keep running: about \(neededPerVariant) more viewers per variant are needed."
            } else {
                "Keep running: the evidence is not there yet."
            }
        }
    }

    /// How old the counts are, in words.
    var freshness: String {
        if snapshotAt == 0 { return "counts not read yet" }
        return "counts of " + Date(timeIntervalSince1970: Double(snapshotAt) / 1000).formatted(.iso8601)
    }

    /// The report as a table for a terminal, the split first.
    package var text: String {
        var lines = ["test \(test) of title \(title), \(freshness)"]
        lines.append("split  \(srm.isMismatch ? "MISMATCH" : "ok") (p = \(scientific(srm.pValue)))")
        lines.append("")
        lines += table(Self.variantHeader, variants.map { Self.row($0) })
        let largest = segments.sorted { ($1.exposed, $0.segment) < ($0.exposed, $1.segment) }.prefix(Self.segmentCountMax)
        for segment in largest {
            lines.append("")
            lines.append("segment \(segment.segment)\(segment.winner.map { ": \($0) wins" } ?? "")")
            let rows = segment.variants.indices.map { index in
                Self.row(segment.variants[index]) + [
                    percent(segment.shrunkRates[index]), index == 0 ? "" : scientific(segment.correctedPValues[index - 1]),
                ]
            }
            lines += table(Self.variantHeader + ["shrunk rate", "p corrected"], rows)
        }
        if segments.count > largest.count {
            lines.append("")
            lines.append("\(segments.count - largest.count) smaller segments are left out here; the JSON has them all")
        }
        lines.append("")
        lines.append(recommendation)
        return lines.joined(separator: "\n") + "\n"
    }

    /// Segments shown to people: the largest.
    private static let segmentCountMax = 5

    private static let variantHeader = [
        "variant", "artwork", "exposed", "won", "rate", "95 %", "lift", "95 %", "P(best)", "loss", "p sequential",
    ]

    private static func row(_ result: VariantResult) -> [String] {
        [
            result.variant.description, result.artwork.description, "\(result.arm.exposed)", "\(result.arm.won)", percent(result.arm.rate),
            "\(percent(result.rateInterval.low))…\(percent(result.rateInterval.high))", result.lift.map { signedPercent($0.value) } ?? "",
            result.lift.map { "\(signedPercent($0.interval.low))…\(signedPercent($0.interval.high))" } ?? "",
            percent(result.bestProbability), percent(result.expectedLoss), result.sequentialPValue.map { scientific($0) } ?? "",
        ]
    }
}

/// Columns as wide as their widest cell; the first two to the left, numbers to the right.
private func table(_ header: [String], _ rows: [[String]]) -> [String] {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { cells in
        let padded = cells.indices.map { column in
            let space = String(repeating: " ", count: widths[column] - cells[column].count)
            return column < 2 ? cells[column] + space : space + cells[column]
        }
        return padded.joined(separator: "  ")
    }
}

/// With two decimals: `4.37 %`.
func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }

func signedPercent(_ share: Double) -> String { String(format: "%+.1f %%", share * 100) }

/// Four decimals, or a power of ten where those would show nothing.
func scientific(_ value: Double) -> String { String(format: value >= 0.0001 || value == 0 ? "%.4f" : "%.1e", value) }
