import Catalog
import Foundation

/// A catalogue of invented titles, of any size.
enum BenchCatalog {
    /// Titles in the proportions of the shipped catalogue: one to three of its genres each. The last was added at `newest` at the latest,
    /// milliseconds.
    static func document(titleCount: Int, seed: UInt64, newest: Int64) throws -> CatalogDocument {
        let genres = try CatalogDocument.parse(Resources().catalog()).genres
        var random = SimulationRandom(seed: seed)
        var document = CatalogDocument()
        document.genres = genres
        for number in 1...titleCount {
            var title = TitleJSON(
                titleID: "t-\(number)", name: name(&random), runtimeMilliseconds: Int64(20 + random.below(120)) * 60_000)
            title.genres = Array(Set((0...random.below(3)).map { _ in genres[random.below(genres.count)] })).sorted()
            title.artworks = ["t-\(number)-a"]
            title.addedAt = newest - Int64(random.below(1000)) * 86_400_000
            document.titles.append(title)
        }
        return document
    }

    /// One to three invented words, one name in five with an article: searches find some titles, not all.
    private static func name(_ random: inout SimulationRandom) -> String {
        let syllables = [
            "ba", "ce", "do", "fi", "gu", "ha", "je", "ko", "li", "mu", "na", "pe", "ro", "si", "tu", "va", "we", "xo", "yi", "zu",
        ]
        let words = (0...random.below(3)).map { _ in
            (0...(1 + random.below(2))).map { _ in syllables[random.below(syllables.count)] }.joined().capitalized
        }
        return (random.chance(0.2) ? "The " : "") + words.joined(separator: " ")
    }
}
