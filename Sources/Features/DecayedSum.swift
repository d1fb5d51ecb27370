// hot path

/// A sum under exponential decay, exact and independent of the order of additions: forward decay (Cormode, Shkapenyuk, Srivastava,
/// Xu: "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009).
///
/// Time is cut into absolute periods of ten half-lives. An addition of weight w at t is kept as the integer
/// round(w · 2^8 · 2^((t − L) / H)), L the start of t's period, H the half-life; decay is applied when the sum is read. The newest two
/// periods are kept: what falls out has decayed to less than a thousandth. Bounded: 24 bytes.
///
/// The half-life is the user's: a sum must always be given the same one.
package struct DecayedSum: Sendable, Equatable, BitwiseCopyable {
    /// The half-life of lifetime taste: 30 days, milliseconds.
    package static let tasteHalfLife: Int64 = 30 * 86_400_000
    /// The half-life of co-plays: 90 days, milliseconds.
    package static let coPlayHalfLife: Int64 = 90 * 86_400_000

    private static let periodHalfLives: Int64 = 10
    private static let fractionBits = 8

    /// Times count from 1970 to about the year 144,000; others are moved to the nearer end.
    private static let timeMax: Int64 = 1 << 52

    /// Number of the newest period that something was added in, −1 where nothing ever was.
    private var period: Int64 = -1
    private var current: Int64 = 0
    private var previous: Int64 = 0

    package init() {}

    /// Adds `weight` (thousandths) at an event time, milliseconds.
    package mutating func add(_ weight: Int64, at: Int64, halfLife: Int64) {
        let length = DecayedSum.periodHalfLives * halfLife
        let at = DecayedSum.clamped(at)
        let number = at / length
        let growth = DecayedSum.power(of: at - number * length, halfLife: halfLife)
        let scaled = (Double(weight) * growth * Double(1 << DecayedSum.fractionBits)).rounded()
        accumulate(Int64(exactly: scaled) ?? 0, in: number)
    }

    /// Adds what another sum of the same half-life holds.
    package mutating func merge(_ other: DecayedSum) {
        accumulate(other.current, in: other.period)
        accumulate(other.previous, in: other.period - 1)
    }

    /// The sum as it stands at a time, in the unit of the weights.
    package func value(at now: Int64, halfLife: Int64) -> Double {
        if current == 0 && previous == 0 { return 0 }
        let length = DecayedSum.periodHalfLives * halfLife
        let age = DecayedSum.clamped(now) - period * length
        let newer = Double(current) / DecayedSum.power(of: age, halfLife: halfLife)
        let older = Double(previous) / DecayedSum.power(of: age + length, halfLife: halfLife)
        return (newer + older) / Double(1 << DecayedSum.fractionBits)
    }

    /// Compares two sums of one half-life; the answer is the same at every time.
    package func isLess(than other: DecayedSum) -> Bool {
        strength(in: max(period, other.period)) < other.strength(in: max(period, other.period))
    }

    /// The sum at the start of a period.
    private func strength(in target: Int64) -> Double {
        let age = min(target - period, 100)
        let step = Double(bitPattern: UInt64(1023 + DecayedSum.periodHalfLives) << 52)
        var scale = 1.0
        for _ in 0..<age { scale /= step }
        return (Double(current) + Double(previous) / step) * scale
    }

    /// Wraps where it would overflow, which takes 2^35 completed plays.
    private mutating func accumulate(_ amount: Int64, in number: Int64) {
        if number > period {
            previous = number == period + 1 ? current : 0
            current = 0
            period = number
        }
        if number == period { current &+= amount } else if number == period - 1 { previous &+= amount }
    }

    /// 2^(milliseconds / halfLife), to a 65,536th of a half-life. Made of exact operations of IEEE 754 only, so that every machine
    /// finds the same number.
    private static func power(of milliseconds: Int64, halfLife: Int64) -> Double {
        let whole = milliseconds >= 0 ? milliseconds / halfLife : (milliseconds + 1) / halfLife - 1
        let fraction = (milliseconds - whole * halfLife) * 65_536 / halfLife
        var result = Double(bitPattern: UInt64(1023 + min(max(whole, -1000), 1000)) << 52)
        var bit: Int64 = 32_768
        for index in 0..<16 {
            if fraction & bit != 0 { result *= roots[index] }
            bit >>= 1
        }
        return result
    }

    /// 2^(1/2), 2^(1/4), … 2^(1/65536): each the square root of the one before.
    private static let roots: [16 of Double] = {
        var roots = [16 of Double](repeating: 2)
        var root = 2.0
        for index in 0..<16 {
            root = root.squareRoot()
            roots[index] = root
        }
        return roots
    }()

    private static func clamped(_ at: Int64) -> Int64 { min(max(at, 0), timeMax) }

    package func encode(into writer: inout StateWriter) {
        writer.varint(UInt64(period + 1))
        writer.zigzag(current)
        writer.zigzag(previous)
    }

    package init(from reader: inout StateReader) throws(StateError) {
        let number = try reader.varint()
        guard number < 1 << 26 else { throw StateError("state holds a decayed sum of an absurd time; rebuild it by replay") }
        period = Int64(number) - 1
        current = try reader.zigzag()
        previous = try reader.zigzag()
    }
}
