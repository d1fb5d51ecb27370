package import Catalog
package import Features

/// What the service holds of a viewer, in the catalogue's words: for `profile`, `export` and `explain`.
package struct ViewerProfile: Sendable {
    package let viewer: Viewer
    package let catalog: Catalog
    package let maturityLimit: Int
    package let now: Int64

    package init(viewer: Viewer, catalog: Catalog, maturityLimit: Int, now: Int64) {
        self.viewer = viewer
        self.catalog = catalog
        self.maturityLimit = maturityLimit
        self.now = now
    }

    /// Weight per genre of a window over all topics, strongest first.
    package func taste(_ window: TasteWindow) -> [(genre: String, weight: Double)] {
        var sums: [GenreID: Double] = [:]
        for windows in [viewer.play.taste, viewer.search.taste, viewer.impression.taste, viewer.feedback.taste] {
            for (genre, weight) in windows.weights(window: window, at: now) { sums[genre, default: 0] += weight }
        }
        return sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (catalog.genreName($0.key), $0.value) }
    }

    /// The name of a title's id, nil where the catalogue does not have it.
    package func titleName(_ id: String) -> String? {
        catalog.index(of: TitleID(id)).map { catalog.titles[$0].name }
    }
}

extension TasteWindow {
    /// As it stands in answers.
    package var key: String {
        switch self {
        case .hour: "1h"
        case .day: "24h"
        case .week: "7d"
        case .lifetime: "lifetime"
        }
    }
}

extension JSONWriter {
    /// The members that `profile` and `explain` share.
    mutating func writeMembers(of profile: ViewerProfile) {
        let viewer = profile.viewer
        member("as_of", viewer.asOf)
        member("last_region", viewer.region.text)
        member("maturity_limit", profile.maturityLimit)
        member("taste")
        object { json in
            for window in TasteWindow.allCases {
                json.member(named: window.key)
                json.object { json in
                    for (genre, weight) in profile.taste(window) {
                        json.member(named: genre)
                        json.number(weight)
                    }
                }
            }
        }
        writePlays(profile)
        member("searches")
        array(viewer.search.searches.reversed()) { json, search in
            json.object {
                $0.member("query", viewer.names.text(search.query))
                $0.member("clicked", search.clicked.isNone ? nil : viewer.names.text(search.clicked))
                $0.member("at", search.at)
            }
        }
        member("shown")
        array(viewer.impression.shown.reversed()) { json, shown in
            json.object {
                $0.member("title_id", viewer.names.text(shown.title))
                $0.member("count", Int64(shown.count))
                $0.member("at", shown.at)
            }
        }
        writeFeedback(profile)
        writeAssignments(viewer)
    }

    private mutating func writePlays(_ profile: ViewerProfile) {
        let viewer = profile.viewer
        member("recent_plays")
        array(viewer.play.recentPlays.reversed()) { json, play in
            let id = viewer.names.text(play.title)
            json.object {
                $0.member("title_id", id)
                $0.member("name", profile.titleName(id))
                $0.member("at", play.at)
                $0.member("watched_ms", play.watchedMilliseconds)
                $0.member("fraction", Double(play.fractionPermille) / 1000)
            }
        }
        member("positions")
        array(viewer.play.positions.reversed()) { json, position in
            json.object {
                $0.member("title_id", viewer.names.text(position.title))
                $0.member("position_ms", position.positionMilliseconds)
                $0.member("duration_ms", position.durationMilliseconds)
                $0.member("at", position.at)
            }
        }
        member("played")
        array(viewer.play.played) { $0.string(viewer.names.text($1)) }
    }

    private mutating func writeFeedback(_ profile: ViewerProfile) {
        let viewer = profile.viewer
        member("ratings")
        array(viewer.feedback.ratings) { json, rating in
            json.object {
                $0.member("title_id", viewer.names.text(rating.title))
                $0.member("rating", Double(rating.tenths) / 10)
                $0.member("at", rating.at)
            }
        }
        func marks(_ json: inout JSONWriter, _ marks: [Mark]) {
            json.array(marks.filter(\.isSet)) { $0.string(viewer.names.text($1.title)) }
        }
        member("hidden")
        marks(&self, viewer.feedback.hidden)
        member("my_list")
        marks(&self, viewer.feedback.myList)
        member("removed_from_continue_watching")
        marks(&self, viewer.feedback.continueWatchingRemoved)
    }

    private mutating func writeAssignments(_ viewer: Viewer) {
        member("tests")
        array(viewer.experiment.assignments) { json, assignment in
            json.object {
                $0.member("test_id", viewer.names.text(assignment.test))
                $0.member("variant_id", viewer.names.text(assignment.variant))
                $0.member("segment", viewer.names.text(assignment.segment))
                $0.member("propensity", Double(assignment.propensityPermille) / 1000)
                $0.member("at", assignment.at)
            }
        }
    }
}
