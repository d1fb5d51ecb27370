import TestSupport

@testable import Avro

/// Makes values of a schema from a seed.
struct RandomValue {
    let names: [String: Schema]

    static func make(_ schema: ParsedSchema, using random: inout SplitMix64) -> Value {
        RandomValue(names: schema.names).value(schema.root, depth: 0, using: &random)
    }

    private func value(_ schema: Schema, depth: Int, using random: inout SplitMix64) -> Value {
        let countMax = depth > 5 ? 0 : 3
        switch schema.bare(names) {
        case .null: return .null
        case .boolean: return .boolean(Bool.random(using: &random))
        case .int: return .int(Int32(truncatingIfNeeded: long(using: &random)))
        case .long: return .long(long(using: &random))
        case .float:
            return .float(Float(bitPattern: UInt32.random(in: 0..<0x7f80_0000, using: &random)) * (Bool.random(using: &random) ? 1 : -1))
        case .double: return .double(double(using: &random))
        case .bytes: return .bytes(bytes(Int.random(in: 0...9, using: &random), using: &random))
        case .string: return .string(string(using: &random))
        case .fixed(let fixed): return .fixed(bytes(fixed.size, using: &random))
        case .enumeration(let enumeration): return .enumeration(Int.random(in: 0..<enumeration.symbols.count, using: &random))
        case .array(let items):
            return .array((0..<Int.random(in: 0...countMax, using: &random)).map { _ in value(items, depth: depth + 1, using: &random) })
        case .map(let values):
            var map: [String: Value] = [:]
            for index in 0..<Int.random(in: 0...countMax, using: &random) {
                map["k\(index)" + string(using: &random)] = value(values, depth: depth + 1, using: &random)
            }
            return .map(map)
        case .union(let branches):
            let index = depth > 5 ? branches.firstIndex(of: .null) : nil
            let chosen = index ?? Int.random(in: 0..<branches.count, using: &random)
            return .union(chosen, value(branches[chosen], depth: depth + 1, using: &random))
        case .record(let record): return .record(record.fields.map { value($0.schema, depth: depth + 1, using: &random) })
        case .reference, .logical: preconditionFailure("a bare schema is neither")
        }
    }

    /// Numbers of every length.
    private func long(using random: inout SplitMix64) -> Int64 {
        Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random)
    }

    private func double(using random: inout SplitMix64) -> Double {
        let value = Double(bitPattern: random.next())
        return value.isFinite ? value : .infinity
    }

    private func bytes(_ count: Int, using random: inout SplitMix64) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private func string(using random: inout SplitMix64) -> String {
        ["", "a", "naïve", "日本", "🎬 \"film\"\n", "\u{0}\\"].randomElement(using: &random) ?? ""
    }
}
