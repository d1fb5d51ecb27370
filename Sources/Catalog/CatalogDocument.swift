package import Foundation

/// A catalogue as a document: `{"genres": [...], "titles": [...]}`, genres in the order of their permanent numbers from 1.
package struct CatalogDocument: Sendable, Equatable {
    /// Names by permanent number, the first is number 1.
    package var genres: [String] = []
    /// In the order of the file, which becomes the catalogue's order.
    package var titles: [TitleJSON] = []
    /// A document of nothing.
    package init() {}

    /// What a catalogue in force says; director and basis are not held in memory, so they are left out.
    package init(_ catalog: Catalog) {
        genres = Array(catalog.genreNames.dropFirst())
        titles = catalog.titles.map { TitleJSON($0, genreNames: catalog.genreNames) }
    }

    /// Reads a document; the error holds every fault of every title.
    package static func parse(_ json: Data) throws(CatalogError) -> CatalogDocument {
        var reader = FieldReader()
        let value = try JSONValue.parse(json)
        var document = CatalogDocument()
        if let members = reader.members(value, at: "", known: ["genres", "titles"]) {
            document.readGenres(members, reading: &reader)
            document.readTitles(members, reading: &reader)
        }
        guard reader.faults.isEmpty else { throw CatalogError(faults: reader.faults) }
        return document
    }

    /// The catalogue that the document describes; names known to `genres` keep their numbers, new ones take the next free.
    package func catalog(version: Int64, genres known: GenreList = GenreList()) throws(CatalogError) -> Catalog {
        var list = known
        var faults: [CatalogFault] = []
        for (index, genre) in genres.enumerated() where list.add(genre) == nil {
            faults.append(CatalogFault(path: "genres[\(index)]", message: "is one too many; at most \(GenreList.countMax)"))
        }
        var made: [Title] = []
        for (index, title) in titles.enumerated() {
            do {
                made.append(try title.title(genres: &list))
            } catch {
                faults += error.faults.map { CatalogFault(path: "titles[\(index)].\($0.path)", message: $0.message) }
            }
        }
        guard faults.isEmpty else { throw CatalogError(faults: faults) }
        return Catalog(version: version, titles: made, genreNames: list.names)
    }

    /// The document as a file: a line a title, so that two versions can be compared line by line.
    package func serialized() throws -> Data {
        let encoder = TitleJSON.encoder()
        var lines = Data("{\n\"genres\": ".utf8)
        lines += try encoder.encode(genres)
        lines += Data(",\n\"titles\": [\n".utf8)
        for (index, title) in titles.enumerated() {
            lines += try encoder.encode(title)
            lines += Data(index + 1 < titles.count ? ",\n".utf8 : "\n".utf8)
        }
        lines += Data("]\n}\n".utf8)
        return lines
    }

    private mutating func readGenres(_ members: [String: JSONValue], reading reader: inout FieldReader) {
        genres = reader.texts(members, "genres", at: "", byteCountMax: TitleJSON.identifierByteCountMax)
        var seen: [String: Int] = [:]
        for (index, genre) in genres.enumerated() {
            if let first = seen[genre.lowercased()] { reader.fault("genres[\(index)]", "\"\(genre)\" is genres[\(first)] again") }
            seen[genre.lowercased(), default: index] = index
        }
        if genres.count > GenreList.countMax { reader.fault("genres", "has \(genres.count) names; at most \(GenreList.countMax)") }
    }

    private mutating func readTitles(_ members: [String: JSONValue], reading reader: inout FieldReader) {
        guard let value = members["titles"] else { return reader.fault("titles", "is missing") }
        guard case .array(let elements) = value else { return reader.fault("titles", "should be an array, is \(value.kind)") }
        var firstIndices: [String: Int] = [:]
        for (index, element) in elements.enumerated() {
            guard let title = TitleJSON(element, at: "titles[\(index)]", reading: &reader) else { continue }
            if let first = firstIndices[title.titleID] {
                reader.fault("titles[\(index)].title_id", "\"\(title.titleID)\" is the id of titles[\(first)] too")
            } else {
                firstIndices[title.titleID] = index
                titles.append(title)
            }
        }
    }
}
