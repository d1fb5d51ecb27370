package import Catalog
package import Features

/// The weights and limits of the documentation, as plain numbers, and the catalogue and tests that the jobs ran with.
package struct OracleSettings: Sendable {
    package struct Title: Sendable {
        package var genres: [UInt8] = []
        package var runtime: Int64 = 0
    }

    package struct Test: Sendable {
        package var id: String
        package var title: String
        package var artworkOfVariant: [(variant: String, artwork: String)]
    }

    package var titles: [String: Title] = [:]
    package var tests: [Test] = []
    package var filteredPrefixes = ["bot-", "test-", "loadtest-"]
    /// Signal weights in thousandths.
    package var completedPlay: Int64 = 1000
    package var partialPlay: Int64 = 500
    package var abandonedPlay: Int64 = -200
    package var searchClick: Int64 = 300
    package var hover: Int64 = 50
    package var listAddition: Int64 = 400
    package var rating: Int64 = 800
    package var completedPermille: Int64 = 900
    package var abandonedPermille: Int64 = 100
    package var qualifiedPlay: Int64 = 2 * minute
    package var attributionWindow: Int64 = 30 * minute
    package var coPlayDistanceMax = 8
    package var ladder: [Int64] = [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000]

    package init(catalog: Catalog, tests: [ThumbnailTest]) {
        for title in catalog.titles {
            titles[title.id.description] = Title(genres: title.genres.map(\.raw), runtime: title.runtimeMilliseconds)
        }
        self.tests = tests.map { test in
            Test(
                id: test.id.description, title: test.title.description,
                artworkOfVariant: test.variants.map { ($0.id.description, $0.artwork.description) })
        }
    }
}

/// Spans in milliseconds.
package let minute: Int64 = 60_000
package let hour: Int64 = 60 * minute
package let day: Int64 = 24 * hour
