internal import Foundation

/// ln Γ(x) for x > 0 (Lanczos' approximation with g = 7 and nine terms; relative error about 1e-15).
func logGamma(_ x: Double) -> Double {
    let coefficients = [
        676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
        -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ]
    if x < 0.5 { return log(Double.pi / sin(Double.pi * x)) - logGamma(1 - x) }
    let z = x - 1
    var sum = 0.99999999999980993
    for (index, coefficient) in coefficients.enumerated() { sum += coefficient / (z + Double(index) + 1) }
    let t = z + 7.5
    return 0.5 * log(2 * Double.pi) + (z + 0.5) * log(t) - t + log(sum)
}

/// ln B(a, b). For large arguments the difference of ln Γ loses digits, so Stirling's series is used there.
func logBeta(_ a: Double, _ b: Double) -> Double {
    guard min(a, b) > 20 else { return logGamma(a) + logGamma(b) - logGamma(a + b) }
    let sum = a + b
    let p = a / sum
    return 0.5 * log(2 * Double.pi * sum / (a * b)) + a * log(p) + b * log1p(-p) + stirling(a) + stirling(b) - stirling(sum)
}

/// What Stirling's formula for ln Γ lacks, from its asymptotic series; good to 1e-16 above 20.
private func stirling(_ x: Double) -> Double {
    let square = x * x
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / x
}

/// Q(a, x), the regularised upper incomplete gamma function, by its series below a + 1 and its continued fraction above
/// (Abramowitz and Stegun 6.5.29 and 6.5.31, the latter by Lentz's method).
func upperIncompleteGamma(_ a: Double, _ x: Double) -> Double {
    guard x > 0 else { return 1 }
    let scale = exp(a * log(x) - x - logGamma(a))
    return x < a + 1 ? 1 - scale * gammaSeries(a, x) : scale * gammaFraction(a, x)
}

private let stepCountMax = 10_000
private let tiny = 1e-300
private let tolerance = 1e-15

private func gammaSeries(_ a: Double, _ x: Double) -> Double {
    var term = 1 / a
    var sum = term
    for step in 1...stepCountMax {
        term *= x / (a + Double(step))
        sum += term
        if term < sum * tolerance { break }
    }
    return sum
}

private func gammaFraction(_ a: Double, _ x: Double) -> Double {
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var h = d
    for step in 1...stepCountMax {
        let an = -Double(step) * (Double(step) - a)
        b += 2
        d = 1 / nonZero(an * d + b)
        c = nonZero(b + an / c)
        h *= d * c
        if abs(d * c - 1) < tolerance { break }
    }
    return h
}

/// I(x; a, b), the regularised incomplete beta function: the distribution function of Beta(a, b). By its continued fraction
/// (Abramowitz and Stegun 26.5.8, Lentz's method), on the side where that converges fast.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    let front = exp(a * log(x) + b * log1p(-x) - logBeta(a, b))
    return x < (a + 1) / (a + b + 2) ? front * betaFraction(x, a, b) / a : 1 - front * betaFraction(1 - x, b, a) / b
}

private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    var c = 1.0
    var d = 1 / nonZero(1 - (a + b) * x / (a + 1))
    var h = d
    func step(_ numerator: Double) -> Double {
        d = 1 / nonZero(1 + numerator * d)
        c = nonZero(1 + numerator / c)
        h *= d * c
        return d * c
    }
    for index in 1...stepCountMax {
        let m = Double(index)
        _ = step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)))
        if abs(step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))) - 1) < tolerance { break }
    }
    return h
}

private func nonZero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
