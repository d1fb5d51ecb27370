import Catalog
import Features
import Home
import TestSupport
import Testing

/// What must hold on every page, over random viewers and catalogues.
@Suite struct PageInvariantTests {
    static let seeds: [UInt64] = Array(1...150)

    struct Case {
        var world: HomeWorld
        var viewer: Viewer
        var request: HomeRequest
        var page: HomePage
    }

    static func makeCase(_ seed: UInt64) -> Case {
        var random = SplitMix64(seed: seed &* 7919)
        let world = HomeWorld.random(seed: seed)
        let viewer = seed % 5 == 0 ? Viewer(user: UserID("cold")) : ViewerSketch.random(in: world, using: &random)
        let request = HomeWorld.request(
            region: [HomeWorld.sea, HomeWorld.eu, RegionID.none].randomElement(using: &random)!,
            maturityLimit: [0, 7, 13, 18].randomElement(using: &random)!, rowCountMax: Int.random(in: 0...12, using: &random),
            itemCountMax: Int.random(in: 0...12, using: &random))
        return Case(world: world, viewer: viewer, request: request, page: world.page(for: viewer, request: request))
    }

    @Test(arguments: seeds) func showsNoTitleTwiceOutsideContinueWatching(seed: UInt64) {
        let page = Self.makeCase(seed).page
        let shown = page.rows.filter { $0.id != "continue_watching" }.flatMap(\.items).map(\.titleIndex)
        #expect(Set(shown).count == shown.count)
        #expect(Set(page.rows.map(\.id)).count == page.rows.count)
        for row in page.rows { #expect(Set(row.items.map(\.titleIndex)).count == row.items.count) }
    }

    @Test(arguments: seeds) func keepsLimitsAndFiltersInEveryRow(seed: UInt64) {
        let made = Self.makeCase(seed)
        #expect(made.page.rows.count <= made.request.rowCountMax)
        let hidden = made.viewer.feedback.hidden.filter(\.isSet).map { made.viewer.names.text($0.title) }
        for row in made.page.rows {
            #expect(row.items.count <= made.request.itemCountMax)
            #expect(row.items.count >= (["continue_watching", "my_list"].contains(row.id) ? 1 : min(3, made.request.itemCountMax)))
            for item in row.items {
                let title = made.world.titles[item.titleIndex]
                #expect(title.isShowable(in: made.request.region, maturityLimit: made.request.maturityLimit))
                #expect(!hidden.contains(title.id.description))
            }
        }
    }

    @Test(arguments: seeds) func scoresAreTheSumOfTheirPartsAndTellWhy(seed: UInt64) {
        for item in Self.makeCase(seed).page.rows.flatMap(\.items) {
            #expect(abs(item.parts.reduce(0) { $0 + $1.value } - item.score) < 1e-9)
            #expect(item.score.isFinite && !item.evidence.isEmpty)
        }
    }

    @Test(arguments: seeds) func givesTheSamePageForTheSameState(seed: UInt64) {
        let first = Self.makeCase(seed)
        let second = Self.makeCase(seed)
        #expect(first.page.rows.map(\.id) == second.page.rows.map(\.id))
        #expect(first.page.rows.map { $0.items.map(\.titleIndex) } == second.page.rows.map { $0.items.map(\.titleIndex) })
        #expect(first.page.rows.map { $0.items.map(\.evidence) } == second.page.rows.map { $0.items.map(\.evidence) })
    }

    @Test(arguments: seeds) func personalRowsHaveNothingThatWasPlayed(seed: UInt64) {
        let made = Self.makeCase(seed)
        let played = Set(made.viewer.play.played.map { made.viewer.names.text($0) })
        let personal = made.page.rows.filter { row in
            ["top_picks", "new"].contains(row.id) || ["because:", "search:", "genre:"].contains { row.id.hasPrefix($0) }
        }
        for item in personal.flatMap(\.items) { #expect(!played.contains(made.world.titles[item.titleIndex].id.description)) }
    }

    /// The dumbest reading of the rules: newest position of each title, left unfinished, showable, not hidden, not removed since.
    @Test(arguments: seeds) func continuesExactlyWhatWasLeftUnfinished(seed: UInt64) {
        let made = Self.makeCase(seed)
        let (viewer, feedback) = (made.viewer, made.viewer.feedback)
        let expected = viewer.play.positions.reversed().filter { position in
            guard let title = made.world.titles.first(where: { $0.id.description == viewer.names.text(position.title) }) else {
                return false
            }
            let fraction = Double(position.positionMilliseconds) / Double(position.durationMilliseconds)
            let lastPlay = viewer.play.recentPlays.last { $0.title == position.title }
            return fraction >= 0.005 && fraction < 0.9 && (lastPlay?.fractionPermille ?? 0) < 900
                && title.isShowable(in: made.request.region, maturityLimit: made.request.maturityLimit)
                && !feedback.hidden.contains { $0.isSet && $0.title == position.title }
                && !feedback.continueWatchingRemoved.contains { $0.isSet && $0.title == position.title && $0.at >= position.at }
        }
        let row = made.page.rows.first { $0.id == "continue_watching" }
        let wanted = made.request.rowCountMax == 0 ? [] : expected.prefix(made.request.itemCountMax).map { viewer.names.text($0.title) }
        let shown = row?.items.map { made.world.titles[$0.titleIndex].id.description } ?? []
        #expect(Set(shown) == Set(wanted))
        for item in row?.items ?? [] { #expect(item.progress.map { (0...0.9).contains($0) } == true) }
    }

    @Test(arguments: seeds) func becauseRowsNameATitleThatWasWatched(seed: UInt64) {
        let made = Self.makeCase(seed)
        for row in made.page.rows where row.id.hasPrefix("because:") {
            let id = row.id.dropFirst("because:".count)
            let play = made.viewer.play.recentPlays.last { made.viewer.names.text($0.title) == id }
            #expect((play?.fractionPermille ?? 0) >= 500)
            #expect(row.title.hasPrefix("Because you watched "))
        }
    }

    @Test(arguments: seeds) func recommendationsAreTheModelsOrderWithoutWhatWasPlayed(seed: UInt64) {
        let made = Self.makeCase(seed)
        let items = made.world.composer.recommendations(for: made.viewer, snapshot: made.world.snapshot, count: 100, request: made.request)
            .items
        let played = Set(made.viewer.play.played.map { made.viewer.names.text($0) })
        let hidden = Set(made.viewer.feedback.hidden.filter(\.isSet).map { made.viewer.names.text($0.title) })
        let expected = made.world.titles.filter {
            $0.isShowable(in: made.request.region, maturityLimit: made.request.maturityLimit) && !played.contains($0.id.description)
                && !hidden.contains($0.id.description)
        }
        #expect(Set(items.map { made.world.titles[$0.titleIndex].id }) == Set(expected.map(\.id)))
        for (better, worse) in zip(items, items.dropFirst()) { #expect(better.score >= worse.score - 1e-5) }
    }
}
