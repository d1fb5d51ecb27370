import Catalog
import Features
import Foundation
import TestSupport
import Testing

@Suite struct CatalogDocumentTests {
    static let good = #"{"title_id":"sintel","name":"Sintel","runtime_min":15,"maturity":13}"#

    static func faults(_ document: String) -> [String] {
        do {
            _ = try CatalogDocument.parse(Data(document.utf8))
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test func readsEveryFieldOfATitle() throws {
        let json = #"""
            {"title_id":"häxan","name":"Häxan","year":1922,"director":"Benjamin Christensen","runtime_min":105.5,
             "genres":["Horror","Documentary"],"maturity":16,"regions":["EU","US-CA"],"added_at":"2026-11-01T20:15:00+02:00",
             "artworks":["a","b"],"available":false,"basis":"public domain"}
            """#
        let title = try TitleJSON.parse(Data(json.utf8))
        #expect(title.runtimeMilliseconds == 6_330_000)
        #expect(title.addedAt == 1_793_556_900_000)
        var genres = GenreList()
        let made = try title.title(genres: &genres)
        #expect(made.id == TitleID("häxan") && made.year == 1922 && !made.isAvailable && made.maturity == 16)
        #expect(made.genres == [GenreID(1), GenreID(2)])
        #expect(genres.names == ["", "Horror", "Documentary"])
        #expect(made.regions == [RegionID("EU")!, RegionID("US-CA")!])
        #expect(made.artworks == [ArtworkID("a"), ArtworkID("b")])
    }

    @Test func tellsAllFaultsOfATitleAtOnce() {
        let artworks = (0..<33).map { "\"a\($0)\"" }.joined(separator: ",")
        let faults = Self.faults(
            #"{"titles":[{"name":" ","year":"1922","runtime_min":0,"genres":["Drama","Drama",7],"maturity":15,"#
                + #""regions":["toolongregion"],"added_at":"2026-02-30","available":1,"colour":"grey","artworks":["# + artworks + "]}]}")
        #expect(
            faults == [
                "titles[0].colour is not a field that is known; known are title_id, name, year, director, runtime_min, genres, "
                    + "maturity, regions, added_at, artworks, available, basis",
                "titles[0].title_id is missing",
                "titles[0].name is empty",
                "titles[0].runtime_min should be minutes above 0 and below 100000, is 0.0",
                "titles[0].year should be a whole number, is a string",
                #"titles[0].genres[1] repeats "Drama""#,
                "titles[0].genres[2] should be a string, is a number",
                "titles[0].maturity is 15; known are 0, 7, 13, 16, 18",
                "titles[0].regions[0] has 13 bytes; at most 8",
                #"titles[0].added_at should be like 2026-11-01 or 2026-11-01T20:15:00Z, is "2026-02-30""#,
                "titles[0].artworks has 33 artworks; at most 32",
                "titles[0].available should be true or false, is a number",
            ])
    }

    /// A service stores what it takes, and reads it at its next start.
    @Test(arguments: [
        ("added_at", "1795754159906000"), ("added_at", "-62167219200001"), ("added_at", "253402300800000"),
        ("added_at", "\"9999-12-31T23:59:59-01:00\""), ("added_at", "\"0000-01-01T00:00:00+01:00\""), ("runtime_min", "1e-7"),
        ("runtime_min", "99999.99999999"),
    ])
    func whatCouldNotBeReadAgainIsRefused(_ field: String, _ value: String) {
        let others = field == "added_at" ? "\"runtime_min\":15," : ""
        let faults = Self.faults("{\"titles\":[{\"title_id\":\"a\",\"name\":\"A\",\(others)\"maturity\":13,\"\(field)\":\(value)}]}")
        #expect(faults.count == 1 && faults[0].hasPrefix("titles[0].\(field) should be"), "\(faults)")
    }

    @Test(
        arguments: [
            (1.0 / 60_000, -62_167_219_200_000), (99_999.99, 253_402_300_799_999), (15.0, 0), (90.5, -1), (0.00002, 1_793_556_900_000),
        ] as [(Double, Int64)])
    func whatIsTakenIsReadAgainAsItIs(_ minutes: Double, _ addedAt: Int64) throws {
        let json = "{\"title_id\":\"a\",\"name\":\"A\",\"runtime_min\":\(minutes),\"maturity\":13,\"added_at\":\(addedAt)}"
        let title = try TitleJSON.parse(Data(json.utf8))
        #expect(title.addedAt == addedAt)
        let again = try TitleJSON.parse(Data(try title.serialized()))
        #expect(again.addedAt == addedAt && again.runtimeMilliseconds == title.runtimeMilliseconds)
    }

    @Test func refusesTheSameIDTwice() {
        let faults = Self.faults("{\"titles\":[\(Self.good),\(Self.good)]}")
        #expect(faults == [#"titles[1].title_id "sintel" is the id of titles[0] too"#])
    }

    @Test func namesWhatIsNotADocument() {
        #expect(Self.faults("[]") == ["the document should be an object, is an array"])
        #expect(Self.faults("{}") == ["titles is missing"])
        #expect(Self.faults(#"{"titles":{}}"#) == ["titles should be an array, is an object"])
        #expect(Self.faults(#"{"titles":[3]}"#) == ["titles[0] should be an object, is a number"])
        #expect(Self.faults(#"{"titles":["#).count == 1)
        let misspelt = Self.faults("{\n \"titles\": [\n  {\"title_id\": nil}]}")
        #expect(misspelt.count == 1 && misspelt[0].contains("character 31"), "\(misspelt)")
        #expect(Self.faults(#"{"genres":["Drama","drama"],"titles":[]}"#) == [#"genres[1] "drama" is genres[0] again"#])
    }

    @Test func survivesNestingAndAbsurdNumbers() {
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        #expect(Self.faults(deep).count == 1)
        let absurd = #"{"titles":[{"title_id":"a","name":"A","runtime_min":1e300,"maturity":1e300,"year":-1,"added_at":1e300}]}"#
        #expect(Self.faults(absurd).count == 4)
    }

    @Test func writesWhatItRead() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<200 {
            var document = CatalogDocument()
            document.genres = ["Drama", "Sci-Fi", "Kömödie"]
            for index in 0..<Int.random(in: 0...5, using: &random) {
                var title = TitleJSON(
                    titleID: "t\(index)", name: "Name \"\(index)\" /ß",
                    runtimeMilliseconds: Int64.random(in: 1...300, using: &random) * 60_000)
                title.year = Bool.random(using: &random) ? 0 : Int.random(in: 1895...2026, using: &random)
                title.genres = document.genres.filter { _ in Bool.random(using: &random) }
                title.maturity = TitleJSON.maturities.randomElement(using: &random)!
                title.addedAt = Int64.random(in: -1_000_000_000_000...4_000_000_000_000, using: &random)
                title.isAvailable = Bool.random(using: &random)
                title.basis = Bool.random(using: &random) ? nil : "a licence"
                document.titles.append(title)
            }
            let read = try CatalogDocument.parse(document.serialized())
            #expect(read == document)
        }
    }

    @Test func shippedCatalogueIsSoundAndInItsWrittenForm() throws {
        let bytes = try Data(contentsOf: Repository.root.appendingPathComponent("Data/catalog/catalog.json"))
        let document = try CatalogDocument.parse(bytes)
        #expect(try document.serialized() == bytes)
        let catalog = try document.catalog(version: 1)
        #expect(catalog.titles.count > 100)
        #expect(catalog.titles.allSatisfy { (2...3).contains($0.artworks.count) && !$0.genres.isEmpty })
        #expect(document.titles.allSatisfy { $0.basis != nil && $0.director != nil })
        #expect(document.genres == Array(catalog.genreNames.dropFirst()))
    }
}
