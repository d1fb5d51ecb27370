import Catalog
import Features
import Foundation
import Testing

@Suite struct CatalogDiffTests {
    static func title(_ id: String, _ name: String, minutes: Int64 = 90, genres: [String] = ["Drama"]) -> TitleJSON {
        var title = TitleJSON(titleID: id, name: name, runtimeMilliseconds: minutes * 60_000)
        title.genres = genres
        return title
    }

    static func document(_ titles: [TitleJSON]) -> CatalogDocument {
        var document = CatalogDocument()
        document.titles = titles
        return document
    }

    @Test func tellsWhatCameWhatChangedAndWhatWent() throws {
        let old = Self.document([Self.title("a", "Alpha"), Self.title("b", "Beta"), Self.title("c", "Gamma"), Self.title("e", "Eta")])
        var hidden = Self.title("e", "Eta")
        hidden.isAvailable = false
        let new = Self.document([Self.title("a", "Alpha"), Self.title("b", "Béta", minutes: 95), Self.title("d", "Delta"), hidden])
        let diff = CatalogDiff(from: old, to: new)
        #expect(
            diff.words == """
                + d: Delta
                ~ b: Béta
                    name: Beta → Béta
                    runtime_min: 90 min → 95 min
                - c: Gamma
                - e: Eta
                1 added, 1 changed, 2 withdrawn
                """)
        let json = String(decoding: try JSONEncoder().encode(diff), as: UTF8.self)
        #expect(json.contains(#""title_id":"d""#) && json.contains(#""field":"name""#))
    }

    @Test func findsNothingBetweenEquals() throws {
        let document = Self.document([Self.title("a", "Alpha")])
        let catalog = try document.catalog(version: 1)
        #expect(CatalogDiff(from: catalog, to: catalog).isEmpty)
    }

    @Test func importKeepsIndicesAndWithdrawsOnlyWhenAsked() throws {
        let catalog = try Self.document([Self.title("a", "Alpha"), Self.title("b", "Beta")]).catalog(version: 4)
        let change = Self.document([Self.title("c", "Gamma"), Self.title("b", "Béta")])
        let merged = try catalog.importing(change, withdrawsOthers: false)
        #expect(merged.version == 5)
        #expect(merged.titles.map(\.name) == ["Alpha", "Béta", "Gamma"])
        #expect(merged.titles.map(\.isAvailable) == [true, true, true])
        let replaced = try catalog.importing(change, withdrawsOthers: true)
        #expect(replaced.titles.map(\.isAvailable) == [false, true, true])
        let put = try catalog.putting(Self.title("a", "Alef"))
        #expect(put.titles.map(\.name) == ["Alef", "Beta"])
    }
}
