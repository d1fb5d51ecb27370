// hot path

extension JSONScanner {
    /// The value of an integer token; nil beyond 64 bits.
    func integer(_ token: JSONToken) -> Int64? {
        var position = token.start
        let isNegative = byte(position) == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var value: Int64 = 0
        while position < token.end {
            let digit = Int64(byte(position) - UInt8(ascii: "0"))
            let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if overflows || overflowsToo { return nil }
            value = sum
            position += 1
        }
        return value
    }

    /// The value of a number token; infinite where it is beyond a double.
    ///
    /// Up to 15 digits over a power of ten up to 10²² are exact in one division or multiplication (Clinger 1990,
    /// "How to Read Floating Point Numbers Accurately"); all else takes the standard library's slower way.
    func double(_ token: JSONToken) -> Double {
        var mantissa: Int64 = 0
        var digits = 0
        var exponent = 0
        var position = token.start
        let isNegative = byte(position) == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var inFraction = false
        while position < token.end {
            let next = byte(position)
            if next == UInt8(ascii: ".") {
                inFraction = true
            } else if next &- UInt8(ascii: "0") < 10, digits < 15 {
                mantissa = mantissa * 10 + Int64(next - UInt8(ascii: "0"))
                digits += 1
                exponent -= inFraction ? 1 : 0
            } else {
                return parseDouble(UnsafeRawBufferPointer(start: bytes + token.start, count: token.count))
            }
            position += 1
        }
        let value = Double(mantissa) / powerOfTen(-exponent)
        return isNegative ? -value : value
    }

    /// 10ⁿ for n of 0…15, each exact in a double.
    private func powerOfTen(_ exponent: Int) -> Double {
        var power = 1.0
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}
