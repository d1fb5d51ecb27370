import Catalog
import Features

/// The catalogue as dense columns by title index: what the inner loops read instead of `Title`s.
final class TitleColumns: Sendable {
    let count: Int
    /// Genres of title i in its own order: `genres[genreStarts[i]..<genreStarts[i + 1]]`.
    let genreStarts: [Int32]
    let genres: [UInt8]
    let sets: GenreSets
    /// Titles by genre number, ascending.
    let titlesByGenre: [[Int32]]
    /// Numbers of titles by genre number, up to the last genre that has any; at least one number.
    let titleCounts: [Int]
    /// No title has a genre of this number or a higher one.
    var genreLimit: Int { titleCounts.count }
    /// Share of the catalogue's genre mentions, by genre number.
    let genreShares: [Float]
    let addedAt: [Int64]
    let maturity: [Int32]
    let maturityMax: Int
    private let regionStarts: [Int32]
    private let regions: [UInt64]
    private let isAvailable: [Bool]

    init(_ catalog: Catalog) {
        precondition(catalog.titles.count <= Points.titleCountMax, "a catalogue has at most \(Points.titleCountMax) titles")
        var genreStarts: [Int32] = [0]
        var genres: [UInt8] = []
        var regionStarts: [Int32] = [0]
        var regions: [UInt64] = []
        var titlesByGenre = [[Int32]](repeating: [], count: 256)
        for (index, title) in catalog.titles.enumerated() {
            for genre in title.genres where titlesByGenre[Int(genre.raw)].last != Int32(index) {
                titlesByGenre[Int(genre.raw)].append(Int32(index))
                genres.append(genre.raw)
            }
            for region in title.regions { regions.append(region.raw) }
            genreStarts.append(Int32(genres.count))
            regionStarts.append(Int32(regions.count))
        }
        count = catalog.titles.count
        titleCounts = titlesByGenre[...(titlesByGenre.lastIndex { !$0.isEmpty } ?? 0)].map(\.count)
        genreShares = titlesByGenre.map { Float($0.count) / Float(max(genres.count, 1)) }
        addedAt = catalog.titles.map(\.addedAt)
        maturity = catalog.titles.map { Int32(clamping: $0.maturity) }
        maturityMax = Int(maturity.max() ?? 0)
        isAvailable = catalog.titles.map(\.isAvailable)
        sets = GenreSets(catalog)
        self.genreStarts = genreStarts
        self.genres = genres
        self.titlesByGenre = titlesByGenre
        self.regionStarts = regionStarts
        self.regions = regions
    }

    /// The same as `Title.isShowable`.
    func isShowable(_ title: Int, in region: RegionID, maturityLimit: Int) -> Bool {
        isShowable(title, in: region) && Int(maturity[title]) <= maturityLimit
    }

    /// Available in the region, for whatever age.
    func isShowable(_ title: Int, in region: RegionID) -> Bool {
        guard isAvailable[title] else { return false }
        let range = Int(regionStarts[title])..<Int(regionStarts[title + 1])
        if range.isEmpty { return true }
        for index in range where regions[index] == region.raw { return true }
        return false
    }

    func genreRange(_ title: Int) -> Range<Int> { Int(genreStarts[title])..<Int(genreStarts[title + 1]) }

    func set(of title: Int) -> Int { Int(sets.ofTitle[title]) }

    /// Genres that both have over genres that either has (Jaccard); 0…1.
    func genreSimilarity(_ a: Int, _ b: Int) -> Float { sets.similarity(set(of: a), set(of: b)) }
}
