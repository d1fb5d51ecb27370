package import Catalog
package import Features

/// Candidates, ranking, rows and their explanation for one catalogue and model; made anew when either changes.
///
/// Everything is a function of the arguments. `standings` may be handed in by a caller that keeps them for a second and region
/// (`standings(region:snapshot:now:)`); they are worked out where they are not, or are of another region.
package final class HomeComposer: Sendable {
    let catalog: Catalog
    let model: RankerModel
    let settings: HomeSettings
    let columns: TitleColumns
    let search: TitleSearch

    package init(catalog: Catalog, model: RankerModel, settings: HomeSettings = HomeSettings()) {
        self.catalog = catalog
        self.model = model
        self.settings = settings
        columns = TitleColumns(catalog)
        search = TitleSearch(catalog)
    }

    /// What a snapshot says of titles that are played after each other, for the standings of all regions.
    package func coPlays(_ snapshot: TitleSnapshot) -> CoPlays { CoPlays(snapshot, titleCount: columns.count, settings: settings) }

    /// How titles stand in a region at a time, for all requests of about that second; a region of nil or none means all together. `coPlays`: those
    /// of the snapshot, where a caller has them.
    package func standings(region: RegionID?, snapshot: TitleSnapshot, now: Int64, coPlays: CoPlays? = nil) -> RegionStandings {
        let place = region == RegionID.none ? nil : region
        return RegionStandings(
            columns: columns, model: model, region: place, snapshot: snapshot, coPlays: coPlays ?? self.coPlays(snapshot),
            settings: settings, now: now)
    }

    /// The viewer's home page.
    package func page(
        for viewer: Viewer, snapshot: TitleSnapshot, request: HomeRequest, standings: RegionStandings? = nil
    ) -> HomePage {
        var composition = PageComposition(context(viewer, snapshot, request, standings))
        return composition.page()
    }

    /// The `count` titles that the model ranks highest for the viewer, over the whole catalogue without what was played or hidden.
    package func recommendations(
        for viewer: Viewer, snapshot: TitleSnapshot, count: Int, request: HomeRequest, standings: RegionStandings? = nil
    ) -> RankedList {
        let context = context(viewer, snapshot, request, standings)
        var titles = RowDrafts.all(context, but: .played)
        var evidence = Evidence(context)
        var found: [RowDraft.Candidate] = []
        titles.take(count, into: &found, context)
        var ranked: [RankedItem] = []
        for candidate in found { ranked.append(RankedItem(Int(candidate.title), in: .topPicks, context, &evidence)) }
        return RankedList(ranked: ranked[...], texts: evidence.texts)
    }

    /// The titles nearest to one: played after it, of its genres.
    package func similar(
        to title: Int, snapshot: TitleSnapshot, count: Int, request: HomeRequest, standings: RegionStandings? = nil
    ) -> RankedList {
        let context = context(Viewer(user: UserID("")), snapshot, request, standings)
        var evidence = Evidence(context)
        guard columns.count > title && title >= 0 else { return RankedList(ranked: [], texts: evidence.texts) }
        var scored: [(key: UInt64, parts: ScoreParts)] = []
        for other in 0..<columns.count where other != title && context.isShowable(other) {
            var parts = ScoreParts()
            parts.add(.popularity, 0.1 * context.standings.titles[other].popularity)
            parts.addNearness(of: other, to: title, context)
            guard parts.has(.afterThisTitle) || parts.has(.sameGenres) else { continue }
            scored.append((Points.key(Points.of(Float(parts.score)), Int32(other)), parts))
        }
        scored.sort { $0.key > $1.key }
        let name = catalog.titles[title].name
        let texts = ["played after ", "of the genres of "].map { text in evidence.make { $0.add(text + name) } }
        let ranked = scored.prefix(max(count, 0)).map { key, parts in
            let index = Points.title(ofKey: key)
            let follows = snapshot.successors(title).contains { $0.title == Int(index) }
            return RankedItem(
                title: index, source: follows ? .coPlay : .genreAffinity, parts: parts, evidence: texts[follows ? 0 : 1])
        }
        return RankedList(ranked: ranked[...], texts: evidence.texts)
    }

    /// What is played in the region above what is usual, then what is played most.
    package func trending(
        region: RegionID?, snapshot: TitleSnapshot, count: Int, request: HomeRequest, standings: RegionStandings? = nil
    ) -> RankedList {
        var request = request
        request.region = region ?? RegionID.none
        let context = context(Viewer(user: UserID("")), snapshot, request, standings)
        var evidence = Evidence(context)
        let titles = context.standings.trendingOrder.lazy.filter { context.isShowable(Int($0)) }.prefix(max(count, 0))
        var ranked: [RankedItem] = []
        for title in titles { ranked.append(RankedItem(Int(title), in: .trending, context, &evidence)) }
        return RankedList(ranked: ranked[...], texts: evidence.texts)
    }

    /// What the viewer has not finished, newest first; at most `request.itemCountMax`.
    package func continueWatching(for viewer: Viewer, request: HomeRequest) -> RankedList {
        var titles = ViewerTitles(titleCount: columns.count)
        let history = ViewerHistory(
            viewer, catalog: catalog, columns: columns, settings: settings, request: request, titles: &titles)
        var texts = PageTexts()
        let items = PersonalItems.continueWatching(history, countMax: request.itemCountMax, now: request.now, &texts)
        return RankedList(ranked: items[...], texts: texts)
    }

    private func context(
        _ viewer: Viewer, _ snapshot: TitleSnapshot, _ request: HomeRequest, _ standings: RegionStandings?
    ) -> ViewerContext {
        let region = request.region == RegionID.none ? nil : request.region
        let fitting = standings.flatMap {
            $0.region == region && $0.titles.count == columns.count && $0.first.count == columns.sets.count ? $0 : nil
        }
        return ViewerContext(
            viewer, composer: self, snapshot: snapshot, request: request,
            standings: fitting ?? self.standings(region: region, snapshot: snapshot, now: request.now))
    }
}
