// hot path

/// Times written as RFC 3339 says: `2024-05-01T12:30:00.250Z`, `2024-05-01T14:30:00+02:00`.
enum TimestampText {
    /// Milliseconds since 1970 (finer digits are cut off), or nil where the text is no such time.
    static func milliseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
            let year = digits(text, 0, 4), let month = digits(text, 5, 2), let day = digits(text, 8, 2),
            let hour = digits(text, 11, 2), let minute = digits(text, 14, 2), let second = digits(text, 17, 2),
            (1...12).contains(month), day >= 1, day <= dayCount(year, month), hour < 24, minute < 60, second <= 60
        else { return nil }
        var position = 19
        guard let fraction = fraction(text, &position), let zone = zoneMinutes(text, position) else { return nil }
        // A leap second counts as the last second of its minute: the clock of 1970 has none.
        let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3_600 + (minute - zone) * 60 + min(second, 59)
        return seconds * 1_000 + fraction
    }

    private static func digits(_ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            guard index < text.count, text[index] &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int64(text[index] - UInt8(ascii: "0"))
        }
        return value
    }

    /// The milliseconds of a fraction of a second at `position`, which is moved behind it.
    private static func fraction(_ text: UnsafeRawBufferPointer, _ position: inout Int) -> Int64? {
        guard position < text.count, text[position] == UInt8(ascii: ".") else { return 0 }
        position += 1
        let start = position
        var milliseconds: Int64 = 0
        var weight: Int64 = 100
        while position < text.count, text[position] &- UInt8(ascii: "0") < 10 {
            milliseconds += Int64(text[position] - UInt8(ascii: "0")) * weight
            weight /= 10
            position += 1
        }
        return position > start ? milliseconds : nil
    }

    /// Minutes east of UTC: `Z`, `+02:00`, `-05:30`, up to the end of the text.
    private static func zoneMinutes(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int64? {
        guard position < text.count else { return nil }
        if text[position] | 0x20 == UInt8(ascii: "z") { return position + 1 == text.count ? 0 : nil }
        let isEast = text[position] == UInt8(ascii: "+")
        guard isEast || text[position] == UInt8(ascii: "-"), text.count == position + 6, text[position + 3] == UInt8(ascii: ":"),
            let hours = digits(text, position + 1, 2), let minutes = digits(text, position + 4, 2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isEast ? 1 : -1)
    }

    private static func dayCount(_ year: Int64, _ month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
