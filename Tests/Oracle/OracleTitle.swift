import Events

/// What a partition's job must say of a title.
package struct OracleTitle: Sendable {
    package struct Arm: Hashable, Sendable {
        package var test: String
        package var variant: String
        package var segment: String
    }

    /// Event times by region.
    package var plays: [String: [Int64]] = [:]
    package var impressions: [String: [Int64]] = [:]
    package var errors: [String: [Int64]] = [:]
    /// Co-plays by the title that followed.
    package var followers: [String: [(weight: Int64, at: Int64)]] = [:]
    /// Viewers exposed and viewers who won.
    package var arms: [Arm: (exposed: Int64, won: Int64)] = [:]

    /// A title that nothing is to be said of.
    package init() {}
}

extension Oracle {
    /// All titles that a partition's job must say something of.
    package func titles(of place: Place) -> [String: OracleTitle] {
        var titles: [String: OracleTitle] = [:]
        for user in users(of: place) {
            for effect in effects(of: user, place) {
                switch effect {
                case .played(let title, let region, let at): titles[title, default: OracleTitle()].plays[region, default: []].append(at)
                case .shown(let title, let region, let at):
                    titles[title, default: OracleTitle()].impressions[region, default: []].append(at)
                case .failed(let title, let region, let at): titles[title, default: OracleTitle()].errors[region, default: []].append(at)
                case .followed(let from, let to, let weight, let at):
                    titles[from, default: OracleTitle()].followers[to, default: []].append((weight, at))
                case .forward: break
                }
            }
            if place.topic == .attribution { count(history(of: user, place), in: &titles) }
        }
        return titles
    }

    /// A viewer is counted once a life: what was counted before an erasure stays.
    private func count(_ history: OracleHistory, in titles: inout [String: OracleTitle]) {
        for evidence in history.lives.flatMap({ $0.evidence(settings) }) where evidence.credit.isExposed {
            guard let title = settings.tests.first(where: { $0.id == evidence.test })?.title else { continue }
            let arm = OracleTitle.Arm(test: evidence.test, variant: evidence.credit.variant, segment: evidence.credit.segment)
            let known = titles[title]?.arms[arm] ?? (0, 0)
            titles[title, default: OracleTitle()].arms[arm] = (known.exposed + 1, known.won + (evidence.credit.hasWon ? 1 : 0))
        }
    }
}
