import Catalog
import Features
import Foundation
import Home
import TestSupport

/// A catalogue with plays, impressions and co-plays, made by hand or from a seed, and the composer over it.
struct HomeWorld {
    static let now: Int64 = 1_795_000_000_000
    static let minute: Int64 = 60_000
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
    static let sea = RegionID("SEA")!
    static let eu = RegionID("EU")!

    static let model: RankerModel = {
        let file = Repository.root.appendingPathComponent("Models/home-linear-1.json")
        guard let json = try? Data(contentsOf: file), let model = try? RankerModel(json: json) else {
            preconditionFailure("Models/home-linear-1.json cannot be read")
        }
        return model
    }()

    var titles: [Title] = []
    var genreNames = ["", "Comedy", "Drama", "Horror", "Sci-Fi", "Western"]
    private var names = NameTable()
    private var states: [TitleState] = []

    /// Adds a title and answers its index.
    @discardableResult
    mutating func add(
        _ id: String, genres: [UInt8] = [2], maturity: Int = 0, regions: [RegionID] = [], addedAt: Int64 = 0, isAvailable: Bool = true
    ) -> Int {
        titles.append(
            Title(
                id: TitleID(id), name: id.capitalized, year: 1925, runtimeMilliseconds: 90 * Self.minute,
                genres: genres.map { GenreID($0) },
                maturity: maturity, regions: regions, addedAt: addedAt, artworks: [ArtworkID(id + "-a")], isAvailable: isAvailable))
        states.append(TitleState())
        return titles.count - 1
    }

    mutating func played(_ title: Int, region: RegionID = sea, at: Int64, count: Int = 1) {
        let name = names.intern(titles[title].id.description)
        for _ in 0..<count { states[title].apply(.played(title: name, region: region, at: at), logTime: at, names: names) }
    }

    mutating func shown(_ title: Int, region: RegionID = sea, at: Int64, count: Int = 1) {
        let name = names.intern(titles[title].id.description)
        for _ in 0..<count { states[title].apply(.shown(title: name, region: region, at: at), logTime: at, names: names) }
    }

    mutating func followed(_ title: Int, by other: Int, count: Int = 1, at: Int64 = now - day) {
        let from = names.intern(titles[title].id.description)
        let to = names.intern(titles[other].id.description)
        for _ in 0..<count { states[title].apply(.followed(from: from, to: to, weight: 1000, at: at), logTime: at, names: names) }
    }

    var catalog: Catalog { Catalog(version: 1, titles: titles, genreNames: genreNames) }
    var composer: HomeComposer { HomeComposer(catalog: catalog, model: Self.model) }

    var snapshot: TitleSnapshot {
        var builder = TitleSnapshotBuilder()
        for (index, state) in states.enumerated() {
            var value = TitleValue()
            value.applied = Position(generation: 1, offset: 0)
            value.state = state
            builder.replace(topic: 0, partition: 0, title: titles[index].id.description, value: value, names: names)
        }
        let catalog = catalog
        return builder.makeSnapshot(catalogVersion: 1, titleCount: titles.count, at: Self.now) { catalog.index(of: $0) }
    }

    static func request(region: RegionID = sea, maturityLimit: Int = 18, rowCountMax: Int = 12, itemCountMax: Int = 10) -> HomeRequest {
        HomeRequest(region: region, maturityLimit: maturityLimit, rowCountMax: rowCountMax, itemCountMax: itemCountMax, now: now)
    }

    func page(for viewer: Viewer, request: HomeRequest = request()) -> HomePage {
        composer.page(for: viewer, snapshot: snapshot, request: request)
    }

    /// Up to so many titles of all genres with a history of plays and co-plays.
    static func random(seed: UInt64, titleCountMax: Int = 40) -> HomeWorld {
        var random = SplitMix64(seed: seed)
        var world = HomeWorld()
        for index in 0..<Int.random(in: 0...titleCountMax, using: &random) {
            world.add(
                "title\(index)", genres: (1...5).filter { _ in Int.random(in: 0..<3, using: &random) == 0 },
                maturity: [0, 7, 13, 16, 18].randomElement(using: &random)!,
                regions: Int.random(in: 0..<4, using: &random) == 0 ? [Bool.random(using: &random) ? eu : sea] : [],
                addedAt: now - Int64.random(in: -5...200, using: &random) * day, isAvailable: Int.random(in: 0..<10, using: &random) > 0)
        }
        for title in world.titles.indices {
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let at = now - Int64.random(in: 0...(9 * 24), using: &random) * hour
                world.played(title, region: Bool.random(using: &random) ? sea : eu, at: at)
                world.shown(title, region: Bool.random(using: &random) ? sea : eu, at: at, count: 2)
                world.followed(title, by: world.titles.indices.randomElement(using: &random)!)
            }
        }
        return world
    }
}

/// Builds a viewer's states the way the jobs leave them.
struct ViewerSketch {
    var viewer: Viewer
    init(_ user: String = "mia") { viewer = Viewer(user: UserID(user)) }

    private mutating func name(_ title: Title) -> Name { viewer.names.intern(title.id.description) }

    mutating func play(_ title: Title, at: Int64, permille: Int32) {
        let name = name(title)
        if !viewer.play.played.contains(name) { viewer.play.played.append(name) }
        viewer.play.recentPlays.append(
            RecentPlay(
                title: name, at: at, watchedMilliseconds: title.runtimeMilliseconds * Int64(permille) / 1000, fractionPermille: permille))
        viewer.play.recentPlays.sort { $0.at < $1.at }
        viewer.play.positions.removeAll { $0.title == name }
        viewer.play.positions.append(
            ContinuePosition(
                title: name, positionMilliseconds: title.runtimeMilliseconds * Int64(permille) / 1000,
                durationMilliseconds: title.runtimeMilliseconds, at: at))
        viewer.play.positions.sort { $0.at < $1.at }
        for genre in title.genres { viewer.play.taste.add(genre: genre, weight: permille >= 900 ? 1000 : 500, at: at) }
        viewer.play.asOf = max(viewer.play.asOf, at)
    }

    mutating func search(_ query: String, clicked: Title? = nil, at: Int64) {
        let found = clicked.map { name($0) } ?? Name.none
        viewer.search.searches.append(RecentSearch(query: viewer.names.intern(query), clicked: found, at: at))
        viewer.search.asOf = max(viewer.search.asOf, at)
    }

    mutating func rate(_ title: Title, tenths: Int32, at: Int64) {
        viewer.feedback.ratings.append(Rating(title: name(title), tenths: tenths, at: at))
        viewer.feedback.asOf = max(viewer.feedback.asOf, at)
    }

    mutating func hide(_ title: Title, isSet: Bool = true, at: Int64) {
        viewer.feedback.hidden.append(Mark(title: name(title), isSet: isSet, at: at))
        viewer.feedback.asOf = max(viewer.feedback.asOf, at)
    }

    mutating func list(_ title: Title, isSet: Bool = true, at: Int64) {
        viewer.feedback.myList.append(Mark(title: name(title), isSet: isSet, at: at))
        viewer.feedback.asOf = max(viewer.feedback.asOf, at)
    }

    mutating func removeFromContinueWatching(_ title: Title, at: Int64) {
        viewer.feedback.continueWatchingRemoved.append(Mark(title: name(title), isSet: true, at: at))
        viewer.feedback.asOf = max(viewer.feedback.asOf, at)
    }

    mutating func seeShown(_ title: Title, count: Int32, at: Int64) {
        viewer.impression.shown.append(ShownTitle(title: name(title), count: count, at: at))
        viewer.impression.asOf = max(viewer.impression.asOf, at)
    }

    /// A viewer who did a bit of everything, with titles that the catalogue does not have among it.
    static func random(in world: HomeWorld, using random: inout SplitMix64) -> Viewer {
        var sketch = ViewerSketch()
        var unknown = HomeWorld()
        unknown.add("gone")
        let titles = world.titles + unknown.titles
        func at() -> Int64 { HomeWorld.now - Int64.random(in: 0...(20 * 24), using: &random) * HomeWorld.hour }
        for title in titles {
            switch Int.random(in: 0..<14, using: &random) {
            case 0...2: sketch.play(title, at: at(), permille: Int32.random(in: 0...1000, using: &random))
            case 3: sketch.rate(title, tenths: Int32.random(in: 5...50, using: &random), at: at())
            case 4: sketch.hide(title, isSet: Int.random(in: 0..<4, using: &random) > 0, at: at())
            case 5: sketch.list(title, isSet: Int.random(in: 0..<4, using: &random) > 0, at: at())
            case 6: sketch.seeShown(title, count: Int32.random(in: 1...30, using: &random), at: at())
            case 7: sketch.search(["title1", "horror", "nothing", "comedy west", ""].randomElement(using: &random)!, at: at())
            case 8:
                sketch.play(title, at: at(), permille: Int32.random(in: 0...1000, using: &random))
                sketch.removeFromContinueWatching(title, at: at())
            case 9:
                sketch.play(title, at: at(), permille: 1000)
                sketch.list(title, at: at())
                if Bool.random(using: &random) { sketch.hide(title, at: at()) }
            default: break
            }
        }
        return sketch.viewer
    }
}
