extension TitleJSON {
    /// Reads and checks one title's object at `path`; nil, with a fault, where it is not an object or its id or name or runtime is missing.
    init?(_ value: JSONValue, at path: String, reading reader: inout FieldReader) {
        guard let members = reader.members(value, at: path, known: Field.allCases.map(\.rawValue)) else { return nil }
        let id = reader.requiredText(members, Field.titleID.rawValue, at: path)
        let name = reader.requiredText(members, Field.name.rawValue, at: path)
        let runtime = Self.runtime(members, at: path, reading: &reader)
        self.init(titleID: id ?? "", name: name ?? "", runtimeMilliseconds: runtime ?? 0)
        if titleID.utf8.count > Self.identifierByteCountMax {
            reader.fault(
                reader.join(path, "title_id"), "has \(titleID.utf8.count) bytes; at most \(Self.identifierByteCountMax)")
        }
        year = Self.year(members, at: path, reading: &reader)
        director = reader.text(members, Field.director.rawValue, at: path)
        basis = reader.text(members, Field.basis.rawValue, at: path)
        genres = reader.texts(members, Field.genres.rawValue, at: path, byteCountMax: Self.identifierByteCountMax)
        maturity = Self.maturity(members, at: path, reading: &reader)
        regions = reader.texts(members, Field.regions.rawValue, at: path, byteCountMax: 8)
        addedAt = Self.addedAt(members, at: path, reading: &reader)
        artworks = reader.texts(members, Field.artworks.rawValue, at: path, byteCountMax: Self.identifierByteCountMax)
        if artworks.count > Self.artworkCountMax {
            reader.fault(reader.join(path, "artworks"), "has \(artworks.count) artworks; at most \(Self.artworkCountMax)")
        }
        isAvailable = reader.bool(members, Field.available.rawValue, at: path) ?? true
        if id == nil || name == nil || runtime == nil { return nil }
    }

    private static func runtime(_ members: [String: JSONValue], at path: String, reading reader: inout FieldReader) -> Int64? {
        let path = reader.join(path, Field.runtime.rawValue)
        switch members[Field.runtime.rawValue] {
        case nil, .null: reader.fault(path, "is missing")
        case .number(let minutes):
            // As it is stored: what is rounded away, or up to the bound, could not be read again.
            if minutes > 0 && minutes < 100_000, case let milliseconds = Int64((minutes * 60_000).rounded()),
                milliseconds > 0 && milliseconds < 6_000_000_000
            {
                return milliseconds
            }
            reader.fault(path, "should be minutes above 0 and below 100000, is \(minutes)")
        case .some(let other): reader.fault(path, "should be a number of minutes, is \(other.kind)")
        }
        return nil
    }

    private static func year(_ members: [String: JSONValue], at path: String, reading reader: inout FieldReader) -> Int {
        let year = reader.integer(members, Field.year.rawValue, at: path) ?? 0
        if year != 0 && !(1870...2999).contains(year) {
            reader.fault(reader.join(path, "year"), "is \(year); a year of release, or 0 where it is not known")
        }
        return year
    }

    private static func maturity(_ members: [String: JSONValue], at path: String, reading reader: inout FieldReader) -> Int {
        let faultCount = reader.faults.count
        let known = maturities.map(String.init).joined(separator: ", ")
        let maturity = reader.integer(members, Field.maturity.rawValue, at: path)
        if let maturity, maturities.contains(maturity) { return maturity }
        if let maturity {
            reader.fault(reader.join(path, "maturity"), "is \(maturity); known are \(known)")
        } else if reader.faults.count == faultCount {
            // A title without a limit would be shown to children: say it, never assume it.
            reader.fault(reader.join(path, "maturity"), "is missing; known are \(known)")
        }
        return 0
    }

    /// RFC 3339 text or milliseconds; 0 (long ago) where it is missing.
    private static func addedAt(_ members: [String: JSONValue], at path: String, reading reader: inout FieldReader) -> Int64 {
        let path = reader.join(path, Field.addedAt.rawValue)
        switch members[Field.addedAt.rawValue] {
        case nil, .null: return 0
        case .number(let number):
            if let milliseconds = Int64(exactly: number), InstantText.range.contains(milliseconds) { return milliseconds }
            reader.fault(path, "should be whole milliseconds since 1970, of the years 0 to 9999, is \(number)")
        case .text(let text):
            if let milliseconds = InstantText.milliseconds(text), InstantText.range.contains(milliseconds) { return milliseconds }
            reader.fault(path, "should be like 2026-11-01 or 2026-11-01T20:15:00Z, is \"\(text)\"")
        case .some(let other): reader.fault(path, "should be an RFC 3339 date or milliseconds since 1970, is \(other.kind)")
        }
        return 0
    }
}
