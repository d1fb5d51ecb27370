internal import Foundation

/// How likely each arm is the best, and what choosing it would cost, under independent Beta(1 + won, 1 + lost) posteriors.
package struct Posterior: Sendable, Equatable {
    /// P(θᵢ is the greatest); adds up to 1.
    package var best: [Double]
    /// E[maxⱼ θⱼ − θᵢ]: the win rate that is given away on average where arm i is chosen.
    package var expectedLoss: [Double]

    /// P(bestᵢ) = ∫ fᵢ ∏ Fⱼ and lossᵢ = ∫ Fᵢ (1 − ∏ Fⱼ), over j ≠ i, from 0 to 1.
    ///
    /// Gauss–Legendre quadrature with 16 nodes on panels that end at each arm's mean and at fixed numbers of its standard deviations
    /// around it; deterministic, absolute error below 1e-9 (checked against scipy.integrate.quad from 0 to 10 million viewers).
    package init(_ arms: [Arm]) {
        let betas = arms.map { BetaDistribution(Double($0.won) + 1, Double($0.exposed - $0.won) + 1) }
        best = [Double](repeating: 0, count: arms.count)
        expectedLoss = best
        let edges = panelEdges(betas)
        for (low, high) in zip(edges, edges.dropFirst()) {
            for node in gaussLegendre16 {
                let x = (low + high) / 2 + (high - low) / 2 * node.x
                add(betas, at: x, weight: node.weight * (high - low) / 2)
            }
        }
    }

    private mutating func add(_ betas: [BetaDistribution], at x: Double, weight: Double) {
        let below = betas.map { $0.distribution(x) }
        for (index, beta) in betas.enumerated() {
            var others = 1.0
            for (other, probability) in below.enumerated() where other != index { others *= probability }
            best[index] += weight * beta.density(x) * others
            expectedLoss[index] += weight * below[index] * (1 - others)
        }
    }
}

private struct BetaDistribution {
    let a: Double
    let b: Double
    private let logNormaliser: Double

    init(_ a: Double, _ b: Double) {
        self.a = a
        self.b = b
        logNormaliser = logBeta(a, b)
    }

    var mean: Double { a / (a + b) }
    var deviation: Double { sqrt(a * b / (a + b + 1)) / (a + b) }

    func density(_ x: Double) -> Double {
        // 0 · log 0 is 0 here: nodes of a narrow panel can round to the ends.
        let left = a == 1 ? 0 : (a - 1) * log(x)
        let right = b == 1 ? 0 : (b - 1) * log1p(-x)
        return exp(left + right - logNormaliser)
    }

    func distribution(_ x: Double) -> Double { incompleteBeta(x, a, b) }
}

private func panelEdges(_ betas: [BetaDistribution]) -> [Double] {
    var edges = [0.0, 1.0]
    for beta in betas {
        for deviations in [0.0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 20] {
            edges.append(beta.mean - deviations * beta.deviation)
            edges.append(beta.mean + deviations * beta.deviation)
        }
    }
    return edges.filter { 0...1 ~= $0 }.sorted()
}

/// Nodes and weights on -1…1: the zeros of the Legendre polynomial P₁₆, by Newton's method.
private let gaussLegendre16: [(x: Double, weight: Double)] = {
    let count = 16
    return (1...count).map { index in
        var x = cos(Double.pi * (Double(index) - 0.25) / (Double(count) + 0.5))
        var slope = 0.0
        for _ in 0..<8 {
            var before = 1.0
            var value = x
            for degree in 2...count {
                (before, value) = (value, ((2 * Double(degree) - 1) * x * value - (Double(degree) - 1) * before) / Double(degree))
            }
            slope = Double(count) * (x * value - before) / (x * x - 1)
            x -= value / slope
        }
        return (x, 2 / ((1 - x * x) * slope * slope))
    }
}()
