import Features
package import Foundation

/// A title as documents and the API write it: genres by name, the time as text, and the facts that only people read.
package struct TitleJSON: Sendable, Equatable, Encodable {
    package static let artworkCountMax = 32
    package static let identifierByteCountMax = 128
    package static let maturities = [0, 7, 13, 16, 18]

    package var titleID: String
    package var name: String
    /// Year of first release; 0 where it is not known.
    package var year: Int = 0
    package var director: String?
    package var runtimeMilliseconds: Int64
    package var genres: [String] = []
    package var maturity: Int = 0
    /// Region codes; empty: everywhere.
    package var regions: [String] = []
    /// Milliseconds since 1970.
    package var addedAt: Int64 = 0
    package var artworks: [String] = []
    package var isAvailable = true
    /// On what ground the film may be shown (a licence, the public domain).
    package var basis: String?

    package init(titleID: String, name: String, runtimeMilliseconds: Int64) {
        self.titleID = titleID
        self.name = name
        self.runtimeMilliseconds = runtimeMilliseconds
    }

    /// A title of a catalogue in force.
    package init(_ title: Title, genreNames: [String]) {
        titleID = title.id.description
        name = title.name
        year = title.year
        runtimeMilliseconds = title.runtimeMilliseconds
        genres = title.genres.compactMap { Int($0.raw) < genreNames.count ? genreNames[Int($0.raw)] : nil }
        maturity = title.maturity
        regions = title.regions.map(\.text)
        addedAt = title.addedAt
        artworks = title.artworks.map(\.description)
        isAvailable = title.isAvailable
    }

    /// Reads one title; the error holds every fault of it.
    package static func parse(_ json: Data) throws(CatalogError) -> TitleJSON {
        var reader = FieldReader()
        let title = TitleJSON(try JSONValue.parse(json), at: "", reading: &reader)
        guard reader.faults.isEmpty, let title else { throw CatalogError(faults: reader.faults) }
        return title
    }

    /// The title with genres as numbers, new names being added to the list.
    ///
    /// Throws where the list has no number left.
    package func title(genres list: inout GenreList) throws(CatalogError) -> Title {
        var numbers: [GenreID] = []
        for (index, genre) in genres.enumerated() {
            guard let number = list.add(genre) else {
                let message = "is genre \(GenreList.countMax + 1), \"\(genre)\"; a catalogue has at most \(GenreList.countMax)"
                throw CatalogError(faults: [CatalogFault(path: "genres[\(index)]", message: message)])
            }
            if !numbers.contains(number) { numbers.append(number) }
        }
        return Title(
            id: TitleID(titleID), name: name, year: year, runtimeMilliseconds: runtimeMilliseconds, genres: numbers, maturity: maturity,
            regions: regions.compactMap { RegionID($0) }, addedAt: addedAt, artworks: artworks.map { ArtworkID($0) },
            isAvailable: isAvailable)
    }

    /// One line of JSON, members in the order of the alphabet.
    package func serialized() throws -> Data { try Self.encoder().encode(self) }

    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Field.self)
        try members.encode(titleID, forKey: .titleID)
        try members.encode(name, forKey: .name)
        try members.encode(year, forKey: .year)
        try members.encodeIfPresent(director, forKey: .director)
        if runtimeMilliseconds % 60_000 == 0 {
            try members.encode(runtimeMilliseconds / 60_000, forKey: .runtime)
        } else {
            try members.encode(Double(runtimeMilliseconds) / 60_000, forKey: .runtime)
        }
        try members.encode(genres, forKey: .genres)
        try members.encode(maturity, forKey: .maturity)
        try members.encode(regions, forKey: .regions)
        try members.encode(InstantText.text(addedAt), forKey: .addedAt)
        try members.encode(artworks, forKey: .artworks)
        try members.encode(isAvailable, forKey: .available)
        try members.encodeIfPresent(basis, forKey: .basis)
    }

    /// Members of the object.
    enum Field: String, CodingKey, CaseIterable {
        case titleID = "title_id"
        case name, year, director
        case runtime = "runtime_min"
        case genres, maturity, regions
        case addedAt = "added_at"
        case artworks, available, basis
    }
}
