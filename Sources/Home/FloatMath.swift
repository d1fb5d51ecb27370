// hot path
import Glibc

extension Float {
    static func log2Of1Plus(_ value: Float) -> Float { log2f(1 + value) }
    static func power(_ base: Float, _ exponent: Float) -> Float { powf(base, exponent) }
    /// 1 at age 0, halved with every half-life; ages below 0 count as 0.
    static func decay(age: Int64, halfLife: Int64) -> Float { exp2f(-Float(max(age, 0)) / Float(halfLife)) }
}
