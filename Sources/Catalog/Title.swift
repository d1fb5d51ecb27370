package import Features

/// A title of the catalogue.
package struct Title: Sendable, Equatable {
    package var id: TitleID
    package var name: String
    /// Year of first release; 0 where it is not known.
    package var year: Int
    package var runtimeMilliseconds: Int64
    package var genres: [GenreID]
    /// Lowest age the title is fit for: 0, 7, 13, 16 or 18.
    package var maturity: Int
    /// Regions where it may be shown; empty: everywhere.
    package var regions: [RegionID]
    /// When it came to the catalogue, milliseconds since 1970.
    package var addedAt: Int64
    /// The first is shown where no test says otherwise.
    package var artworks: [ArtworkID]
    /// False once it was withdrawn; state about it is kept.
    package var isAvailable: Bool

    package init(
        id: TitleID, name: String, year: Int, runtimeMilliseconds: Int64, genres: [GenreID], maturity: Int, regions: [RegionID],
        addedAt: Int64, artworks: [ArtworkID], isAvailable: Bool
    ) {
        self.id = id
        self.name = name
        self.year = year
        self.runtimeMilliseconds = runtimeMilliseconds
        self.genres = genres
        self.maturity = maturity
        self.regions = regions
        self.addedAt = addedAt
        self.artworks = artworks
        self.isAvailable = isAvailable
    }

    /// True where the title may be shown to this viewer in this region.
    package func isShowable(in region: RegionID, maturityLimit: Int) -> Bool {
        isAvailable && maturity <= maturityLimit && (regions.isEmpty || regions.contains(region))
    }
}
