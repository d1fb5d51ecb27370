import Catalog
import Features
import Testing

@Suite struct GenreListTests {
    @Test func keepsNumbersWhateverComesAfter() throws {
        var list = GenreList()
        let drama = list.add("Drama")
        let comedy = list.add("Comedy")
        #expect(drama == GenreID(1) && comedy == GenreID(2))
        let again = list.add("drama")
        #expect(again == drama)
        #expect(list.names == ["", "Drama", "Comedy"])
    }

    @Test func refusesThe255thGenre() throws {
        var list = GenreList()
        for number in 1...254 {
            let added = list.add("genre \(number)")
            #expect(added == GenreID(UInt8(number)))
        }
        let full = list.add("one more")
        #expect(full == nil)
        var title = TitleJSON(titleID: "a", name: "A", runtimeMilliseconds: 60_000)
        title.genres = ["one more"]
        let thrown = #expect(throws: CatalogError.self) { try title.title(genres: &list) }
        #expect(thrown?.faults.first?.path == "genres[0]")
    }

    @Test func importOfAnotherCatalogueLeavesNumbersAlone() throws {
        var first = CatalogDocument()
        first.genres = ["Drama", "Comedy"]
        let catalog = try first.catalog(version: 1)
        var second = CatalogDocument()
        second.genres = ["Horror", "Comedy"]
        let merged = try catalog.importing(second, withdrawsOthers: false)
        #expect(merged.genreNames == ["", "Drama", "Comedy", "Horror"])
    }
}
