internal import Foundation

/// How a client chooses the rung of its next segment by itself.
package enum AdaptationRule: String, Sendable, CaseIterable {
    /// The highest rung below nine tenths of the throughput estimate.
    case throughput
    /// BOLA-BASIC: Spiteri, Urgaonkar, Sitaraman, *BOLA: Near-Optimal Bitrate Adaptation for Online Videos* (INFOCOM 2016).
    case bola

    func rung(of ladderKbps: [Int32], throughputKbps: Double, bufferMilliseconds: Int64, settings: PlayerSettings) -> Int {
        switch self {
        case .throughput: throughputRung(ladderKbps, throughputKbps)
        case .bola: bolaRung(ladderKbps, bufferMilliseconds, settings)
        }
    }
}

/// The part of the estimate that the throughput rule dares to use (dash.js and Sabre use the same).
private let throughputSafety = 0.9

private func throughputRung(_ ladder: [Int32], _ throughputKbps: Double) -> Int {
    ladder.lastIndex { Double($0) <= throughputKbps * throughputSafety } ?? 0
}

/// Maximises (V (υ + γp) − Q) / S over the rungs, where S is the segment's size, υ = ln(S / S of the lowest rung), and Q the buffer in
/// segments. γp = 5 as in the paper's evaluation; V makes the highest rung's objective vanish with one segment's room in the buffer.
private func bolaRung(_ ladder: [Int32], _ bufferMilliseconds: Int64, _ settings: PlayerSettings) -> Int {
    let gammaP = 5.0
    let segment = Double(settings.segmentMilliseconds)
    let utilities = ladder.map { log(Double($0) / Double(ladder[0])) }
    let v = (Double(settings.bufferMillisecondsMax) / segment - 1) / (utilities[utilities.count - 1] + gammaP)
    let q = Double(bufferMilliseconds) / segment
    var best = 0
    var bestScore = -Double.infinity
    for (rung, utility) in utilities.enumerated() {
        let score = (v * (utility + gammaP) - q) / Double(ladder[rung])
        if score >= bestScore {
            best = rung
            bestScore = score
        }
    }
    return best
}

/// A client's own throughput estimate: the lower of two exponentially weighted means with half-lives of 3 s and 8 s of load time, each
/// corrected for its start from nothing, as in dash.js and in Sabre (Spiteri, Sitaraman, Sparacio, *From Theory to Practice*, MMSys 2018).
struct ThroughputEstimate: Sendable {
    private var fast = 0.0
    private var slow = 0.0
    private var loadedMilliseconds = 0.0
    private static let fastHalfLife = 3000.0
    private static let slowHalfLife = 8000.0

    /// 0 before the first segment.
    var kbps: Double {
        guard loadedMilliseconds > 0 else { return 0 }
        return min(
            fast / (1 - pow(0.5, loadedMilliseconds / Self.fastHalfLife)), slow / (1 - pow(0.5, loadedMilliseconds / Self.slowHalfLife)))
    }

    mutating func add(bits: Int64, milliseconds: Int64) {
        guard milliseconds > 0 else { return }
        let kbps = Double(bits) / Double(milliseconds)
        let fastKept = pow(0.5, Double(milliseconds) / Self.fastHalfLife)
        let slowKept = pow(0.5, Double(milliseconds) / Self.slowHalfLife)
        fast = fast * fastKept + kbps * (1 - fastKept)
        slow = slow * slowKept + kbps * (1 - slowKept)
        loadedMilliseconds += Double(milliseconds)
    }
}
