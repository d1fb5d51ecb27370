import Catalog
import EventLog
import Experiments
import FeatureStore
package import Features
package import Home

/// What a caller may say of the page it wants; nil leaves it to what is known of the viewer.
package struct PageWish: Sendable {
    package var region: RegionID?
    package var maturityLimit: Int?
    package var rowCountMax = 10
    package var itemCountMax = 20
    package init() {}
}

/// A page with all that was looked at for it.
package struct ServedPage: Sendable {
    package var viewer: Viewer
    package var request: HomeRequest
    package var page: HomePage
    package var published: Published
    /// The viewer's places in the tests that run.
    package var tests: [ServedTest]
    /// What the caller should know: a page that is not personal, a snapshot that is old.
    package var warnings: [String]

    /// The viewer's taste segment; empty where there are no tests, which alone ask for it.
    package var segment: String
    let winners: WinnerBoard

    /// False where every title shows its first picture.
    var hasTrials: Bool { !winners.isEmpty }

    /// The picture to show for a title that is or was under test: the variant's where the viewer is in a test of it, else what has won in
    /// the viewer's segment; nil where it is the title's first.
    package func artworkOnTrial(of title: Int) -> ArtworkID? {
        if winners.isEmpty { return nil }
        let id = published.catalog.titles[title].id
        if let place = tests.first(where: { $0.test.title == id }) { return place.variant.artwork }
        return winners.artwork(of: id, segment: segment)
    }
}

/// A viewer's place in a test.
package struct ServedTest: Sendable {
    package var test: ThumbnailTest
    package var variant: ThumbnailTest.Variant
    package var propensity: Double
    /// True where the log holds it already.
    package var isLogged: Bool
}

/// Home pages and what goes with them: one read of the viewer's state, then pure composition.
package struct HomeService: Sendable {
    /// A snapshot older than this is worth a warning.
    static let snapshotAgeWarnedMilliseconds: Int64 = 10_000

    private let viewers: ViewerReader
    package let published: PublishedBox
    package let limits: ProfileLimits
    package let assignments: AssignmentLog
    package let tests: [ThumbnailTest]
    package let winners: WinnerBoard

    package init(
        viewers: ViewerReader, published: PublishedBox, limits: ProfileLimits, assignments: AssignmentLog, tests: [ThumbnailTest],
        winners: WinnerBoard
    ) {
        self.viewers = viewers
        self.published = published
        self.limits = limits
        self.assignments = assignments
        self.tests = tests
        self.winners = winners
    }

    /// The viewers of the namespace that was published.
    package func viewers(in published: Published) -> ViewerReader { viewers.reading(published.keys) }

    /// The viewer's page. Where the store cannot be reached, or holds no readable value of the viewer, the page is the one
    /// of a new viewer, with a warning.
    package func page(for user: UserID, in published: Published, wish: PageWish, now: Int64) async throws -> ServedPage {
        var warnings: [String] = []
        let viewer: Viewer
        // Whoever could not be read may be in a test by the log and not by the hash: then the artwork is nobody's in particular.
        var isRead = true
        do {
            viewer = try await viewers(in: published).viewer(user)
        } catch let error as StoreError where error.kind == .unavailable {
            viewer = Viewer(user: user)
            isRead = false
            warnings.append("the feature store cannot be reached, so this page is not personal: \(error)")
        } catch let error as StateError {
            viewer = Viewer(user: user)
            isRead = false
            warnings.append("what is stored of this viewer is damaged, so this page is not personal: \(error)")
        }
        if published.snapshotAt == 0 {
            warnings.append("title counts have not been read yet")
        } else if now - published.snapshotAt > HomeService.snapshotAgeWarnedMilliseconds {
            warnings.append("title counts are \((now - published.snapshotAt) / 1000) s old")
        }
        let request = request(viewer, wish, now)
        let page = published.composer.page(
            for: viewer, snapshot: published.snapshot, request: request, standings: await published.standings(region: request.region))
        let tests = isRead ? places(of: viewer) : []
        let served = ServedPage(
            viewer: viewer, request: request, page: page, published: published, tests: tests, warnings: warnings,
            segment: self.tests.isEmpty ? "" : segment(of: viewer, published, now), winners: winners)
        offerAssignments(served)
        return served
    }

    /// What the wish leaves open comes from the profile and the viewer's newest event.
    package func request(_ viewer: Viewer, _ wish: PageWish, _ now: Int64) -> HomeRequest {
        HomeRequest(
            region: wish.region ?? viewer.region,
            maturityLimit: min(wish.maturityLimit ?? ProfileLimits.unlimited, limits.limit(of: viewer.user.description)),
            rowCountMax: wish.rowCountMax, itemCountMax: wish.itemCountMax, now: now)
    }

    /// The tests that the viewer is in: as logged where it was, else as the hash says.
    package func places(of viewer: Viewer) -> [ServedTest] {
        tests.compactMap { test in
            if let logged = viewer.experiment.assignments.first(where: { viewer.names.text($0.test) == test.id.description }),
                let variant = test.variants.first(where: { $0.id.description == viewer.names.text(logged.variant) })
            {
                return ServedTest(test: test, variant: variant, propensity: Double(logged.propensityPermille) / 1000, isLogged: true)
            }
            guard let place = assign(user: viewer.user, test: test) else { return nil }
            return ServedTest(test: test, variant: test.variants[place.variant], propensity: place.propensity, isLogged: false)
        }
    }

    /// A place in a test is logged when the viewer is first shown the title under test.
    private func offerAssignments(_ served: ServedPage) {
        for place in served.tests where !place.isLogged {
            let isShown = served.page.rows.contains { row in
                row.list.ranked.contains { served.published.catalog.titles[Int($0.title)].id == place.test.title }
            }
            guard isShown else { continue }
            assignments.offer(
                AssignmentLog.Entry(
                    user: served.viewer.user, test: place.test.id, title: place.test.title, variant: place.variant.id,
                    segment: served.segment, propensity: place.propensity, region: served.request.region, at: served.request.now))
        }
    }

    /// The viewer's taste segment: the strongest genre of their lifetime, `new` for a viewer without one.
    private func segment(of viewer: Viewer, _ published: Published, _ now: Int64) -> String {
        let weights = viewer.play.taste.weights(window: .lifetime, at: now)
        guard let strongest = weights.filter({ $0.weight > 0 }).max(by: { ($0.weight, $1.genre) < ($1.weight, $0.genre) }) else {
            return "new"
        }
        return published.catalog.genreName(strongest.genre)
    }
}
