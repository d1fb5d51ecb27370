/// Times as catalogue documents write them: RFC 3339 (a full date, or a date-time with offset) to milliseconds since 1970 and back.
///
/// The day arithmetic is Hinnant's `days_from_civil` (proleptic Gregorian calendar).
package enum InstantText {
    /// What can be written: from 0000-01-01 to the end of 9999, UTC.
    package static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// Nil where the text is not an RFC 3339 full-date or date-time.
    package static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, bytes[4] == dash, bytes[7] == dash,
            let year = number(bytes, 0..<4), let month = number(bytes, 5..<7), let day = number(bytes, 8..<10),
            (1...12).contains(month), day >= 1, day <= dayCount(year: year, month: month)
        else { return nil }
        let midnight = dayNumber(year: year, month: month, day: day) * 86_400_000
        if bytes.count == 10 { return Int64(midnight) }
        guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"), let time = timeOfDay(bytes[11...]) else { return nil }
        return Int64(midnight + time)
    }

    /// A full date where the time is midnight UTC, otherwise a date-time with milliseconds and `Z`.
    package static func text(_ milliseconds: Int64) -> String {
        let day = Int(milliseconds.floorQuotient(86_400_000))
        let (year, month, dayOfMonth) = date(dayNumber: day)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
        let rest = Int(milliseconds) - day * 86_400_000
        if rest == 0 { return date }
        let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60)
        return "\(date)T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2)).\(padded(rest % 1000, 3))Z"
    }

    private static let dash = UInt8(ascii: "-")

    /// `HH:MM:SS[.fraction](Z|±HH:MM)` in milliseconds, the offset taken off.
    private static func timeOfDay(_ part: ArraySlice<UInt8>) -> Int? {
        let bytes = Array(part)
        guard bytes.count >= 9, bytes[2] == UInt8(ascii: ":"), bytes[5] == UInt8(ascii: ":"),
            let hour = number(bytes, 0..<2), let minute = number(bytes, 3..<5), let second = number(bytes, 6..<8),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 8
        var fraction = 0
        if bytes[at] == UInt8(ascii: ".") {
            let digits = bytes[(at + 1)...].prefix { (48...57).contains($0) }
            guard !digits.isEmpty, at + 1 + digits.count < bytes.count else { return nil }
            for index in 0..<3 { fraction = fraction * 10 + (index < digits.count ? Int(digits[digits.startIndex + index]) - 48 : 0) }
            at += 1 + digits.count
        }
        guard let offset = zone(Array(bytes[at...])) else { return nil }
        return ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction
    }

    /// `Z` or `±HH:MM` in minutes.
    private static func zone(_ bytes: [UInt8]) -> Int? {
        if bytes.count == 1, bytes[0] == UInt8(ascii: "Z") || bytes[0] == UInt8(ascii: "z") { return 0 }
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == dash, bytes[3] == UInt8(ascii: ":"),
            let hours = number(bytes, 1..<3), let minutes = number(bytes, 4..<6), hours < 24, minutes < 60
        else { return nil }
        return (bytes[0] == dash ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        guard range.upperBound <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[range] {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte) - 48
        }
        return value
    }

    private static func dayCount(year: Int, month: Int) -> Int {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(dayNumber: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = "\(value)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    /// Quotient rounded towards minus infinity.
    fileprivate func floorQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
