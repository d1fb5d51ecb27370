package import Events

/// What an event changes outside its viewer's features.
package enum OracleEffect: Hashable, Sendable {
    case played(title: String, region: String, at: Int64)
    case shown(title: String, region: String, at: Int64)
    case failed(title: String, region: String, at: Int64)
    case followed(from: String, to: String, weight: Int64, at: Int64)
    case forward(OracleForward)
}

/// A record that a job owes `attribution_events`.
package struct OracleForward: Hashable, Sendable {
    package var user: String
    /// Of the event that it came of.
    package var offset: Int64
    package var kind: EventType
    package var test: String
    package var variant: String
    package var segment: String
    package var at: Int64

    package init(user: String, offset: Int64, kind: EventType, test: String, variant: String, segment: String, at: Int64) {
        self.user = user
        self.offset = offset
        self.kind = kind
        self.test = test
        self.variant = variant
        self.segment = segment
        self.at = at
    }
}

extension Oracle {
    /// Effects of all that a viewer did, erasures or not.
    func effects(of user: String, _ place: Place) -> [OracleEffect] {
        history(of: user, place).lives.flatMap { life -> [OracleEffect] in
            switch place.topic {
            case .play: OraclePlays(life, settings: settings).effects
            case .impression: life.impressionEffects(settings)
            case .error:
                life.events.filter { !$0.event.title.isEmpty }.map {
                    .failed(title: $0.event.title, region: $0.event.region, at: $0.event.timestamp)
                }
            case .experiment:
                life.assignments.map { mention in
                    let event = mention.event
                    return .forward(
                        OracleForward(
                            user: user, offset: event.offset, kind: .attributionAssignment, test: event.text, variant: event.detail,
                            segment: event.segment, at: event.timestamp))
                }
            default: []
            }
        }
    }

    /// What a partition's job must have forwarded.
    package func forwards(of place: Place) -> [OracleForward] {
        users(of: place).flatMap { effects(of: $0, place) }.compactMap { if case .forward(let forward) = $0 { forward } else { nil } }
    }
}

extension OracleLife {
    /// The first hundred titles of a row, or the title recommended.
    func shownTitles(_ event: OracleEvent) -> [String] {
        switch event.type {
        case .recommendationShown: [event.title]
        case .rowImpression: Array(event.titles.prefix(100))
        default: []
        }
    }

    fileprivate func impressionEffects(_ settings: OracleSettings) -> [OracleEffect] {
        events.flatMap { _, event in
            var effects = shownTitles(event).map { OracleEffect.shown(title: $0, region: event.region, at: event.timestamp) }
            guard event.type == .recommendationShown && !event.artwork.isEmpty else { return effects }
            for test in settings.tests where test.title == event.title {
                for (variant, artwork) in test.artworkOfVariant where artwork == event.artwork {
                    effects.append(
                        .forward(
                            OracleForward(
                                user: event.user, offset: event.offset, kind: .attributionImpression, test: test.id, variant: variant,
                                segment: "", at: event.timestamp)))
                }
            }
            return effects
        }
    }

    /// The first assignment to each test; it stands while the test is among the last 64.
    var assignments: [OracleMention] {
        var taken: [OracleMention] = []
        for mention in mentions(key: \.text) where !taken.suffix(64).contains(where: { $0.key == mention.key }) { taken.append(mention) }
        return taken
    }
}
