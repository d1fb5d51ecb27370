// hot path
import Catalog
import Features

/// The viewer with names resolved to catalogue indices; titles that the catalogue does not have are left out.
struct ViewerHistory: Sendable {
    /// A title played, with the newest of its plays.
    struct Play: Sendable, BitwiseCopyable {
        var title: Int
        var at: Int64
        var permille: Int32
        /// Recency by events × how much was watched.
        var weight: Float
    }

    /// A title and a time.
    struct Dated: Sendable, BitwiseCopyable {
        var title: Int
        var at: Int64
    }

    /// Where a title was left.
    struct Unfinished: Sendable, BitwiseCopyable {
        var title: Int
        var at: Int64
        /// 0…duration.
        var positionMilliseconds: Int64
        /// Above 0.
        var durationMilliseconds: Int64
    }

    /// One a title, newest first.
    private(set) var plays: [Play] = []
    /// To be continued, newest first.
    private(set) var unfinished: [Unfinished] = []
    /// Newest addition first.
    private(set) var list: [Dated] = []
    private var indices: [Int32]

    /// Reads the viewer's plays, list and hidden titles, and marks them in `titles`.
    init(
        _ viewer: Viewer, catalog: Catalog, columns: TitleColumns, settings: HomeSettings, request: HomeRequest,
        titles: inout ViewerTitles
    ) {
        indices = [Int32](repeating: -2, count: viewer.names.count + 1)
        for mark in viewer.feedback.hidden where mark.isSet {
            if let title = index(of: mark.title, viewer, catalog) { titles.mark(title, .hidden) }
        }
        func isShowable(_ title: Int, _ titles: ViewerTitles) -> Bool {
            !titles.marks(title).contains(.hidden)
                && columns.isShowable(title, in: request.region, maturityLimit: request.maturityLimit)
        }
        readPlays(viewer, catalog, settings, &titles)
        readPositions(viewer, catalog, settings, &titles, isShowable)
        for mark in viewer.feedback.myList where mark.isSet {
            guard let title = index(of: mark.title, viewer, catalog), isShowable(title, titles) else { continue }
            titles.mark(title, .listed)
            list.append(Dated(title: title, at: mark.at))
        }
        list.sort { $0.at > $1.at }
    }

    /// The catalogue index of a name, looked up once.
    mutating func index(of name: Name, _ viewer: Viewer, _ catalog: Catalog) -> Int? {
        guard !name.isNone && Int(name.raw) < indices.count else { return nil }
        if indices[Int(name.raw)] == -2 {
            indices[Int(name.raw)] = Int32(viewer.names.withBytes(name) { catalog.index(ofBytes: $0) } ?? -1)
        }
        let found = indices[Int(name.raw)]
        return found < 0 ? nil : Int(found)
    }

    private mutating func readPlays(_ viewer: Viewer, _ catalog: Catalog, _ settings: HomeSettings, _ titles: inout ViewerTitles) {
        for name in viewer.play.played {
            if let title = index(of: name, viewer, catalog) { titles.mark(title, .played) }
        }
        plays.reserveCapacity(viewer.play.recentPlays.count)
        for play in viewer.play.recentPlays.reversed() {
            guard let title = index(of: play.title, viewer, catalog) else { continue }
            let isSeen = titles.marks(title).contains(.inHistory)
            titles.mark(
                title, play.fractionPermille >= settings.completedPermille ? [.played, .completed, .inHistory] : [.played, .inHistory])
            if isSeen { continue }
            titles.update(titles.place(title)) { $0.playedAt = play.at }
            plays.append(Play(title: title, at: play.at, permille: play.fractionPermille, weight: 0))
        }
        let open = openTitles(viewer, catalog)
        var recency: Float = 1
        let step = Float.power(2, -1 / settings.historyHalfLifeEvents)
        for index in plays.indices {
            let isPlaying = open.contains(plays[index].title)
            plays[index].weight = recency * Self.watchedShare(plays[index].permille, isPlaying: isPlaying)
            recency *= step
        }
    }

    private mutating func openTitles(_ viewer: Viewer, _ catalog: Catalog) -> [Int] {
        var titles: [Int] = []
        for play in viewer.play.openPlays {
            if let title = index(of: play.title, viewer, catalog) { titles.append(title) }
        }
        return titles
    }

    /// How much a play says: a completed one 1, an abandoned one next to nothing, one under way no less than half.
    static func watchedShare(_ permille: Int32, isPlaying: Bool) -> Float {
        if permille < 100 { return isPlaying ? 0.5 : 0.1 }
        return max(min(0.4 + 0.6 * Float(permille) / 900, 1), isPlaying ? 0.5 : 0)
    }

    private mutating func readPositions(
        _ viewer: Viewer, _ catalog: Catalog, _ settings: HomeSettings, _ titles: inout ViewerTitles,
        _ isShowable: (Int, ViewerTitles) -> Bool
    ) {
        let completed = settings.completedPermille
        let open = openTitles(viewer, catalog)
        for position in viewer.play.positions.reversed() {
            guard let title = index(of: position.title, viewer, catalog) else { continue }
            let duration =
                position.durationMilliseconds > 0 ? position.durationMilliseconds : catalog.titles[title].runtimeMilliseconds
            let permille = Self.permille(of: position.positionMilliseconds, in: duration)
            titles.mark(title, permille >= completed ? [.played, .completed] : .played)
            let isFinished = permille >= completed || isLastPlayCompleted(title, completed)
            let isUntouched = permille < 5 && !open.contains(title)
            if isFinished || isUntouched || !isShowable(title, titles) || isRemoved(position, viewer) { continue }
            let length = max(duration, 1)
            let reached = min(max(position.positionMilliseconds, 0), length)
            unfinished.append(
                Unfinished(title: title, at: position.at, positionMilliseconds: reached, durationMilliseconds: length))
        }
        unfinished.sort { $0.at > $1.at }
    }

    /// 0…1000; a duration that is not known makes every position the beginning.
    static func permille(of position: Int64, in duration: Int64) -> Int32 {
        duration <= 0 ? 0 : Int32(1000 * min(max(Double(position) / Double(duration), 0), 1))
    }

    private func isLastPlayCompleted(_ title: Int, _ completed: Int32) -> Bool {
        for play in plays where play.title == title { return play.permille >= completed }
        return false
    }

    /// A removal hides plays with `at` up to its own.
    private func isRemoved(_ position: ContinuePosition, _ viewer: Viewer) -> Bool {
        viewer.feedback.continueWatchingRemoved.contains { $0.isSet && $0.title == position.title && $0.at >= position.at }
    }
}
