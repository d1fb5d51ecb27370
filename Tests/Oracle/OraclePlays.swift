import Events

/// A play as the recent plays tell it.
package struct OraclePlay: Hashable, Sendable {
    package var title: String
    package var at: Int64
    package var watched: Int64
    package var permille: Int64
    package var endedAt: Int64
}

/// Where a title was left.
package struct OraclePosition: Hashable, Sendable {
    package var title: String
    package var position: Int64
    package var duration: Int64
    package var at: Int64
}

/// A play of which one end is missing.
package struct OracleOpenPlay: Hashable, Sendable {
    package var title: String
    package var session: String
    package var startedAt: Int64
    package var isQualified: Bool
    package var isStopped: Bool
}

/// What the play job must know of a viewer after a life.
package struct OraclePlays: Sendable {
    package private(set) var recent: [OraclePlay] = []
    package private(set) var positions: [OraclePosition] = []
    package private(set) var played: [String] = []
    package private(set) var open: [OracleOpenPlay] = []
    package private(set) var signals: [OracleSignal] = []
    package private(set) var effects: [OracleEffect] = []
    private let settings: OracleSettings

    package init(_ life: OracleLife, settings: OracleSettings) {
        self.settings = settings
        for (index, event) in life.events {
            switch event.type {
            case .playStart: start(event)
            case .playStop: stop(event)
            case .playPause, .playResume: goOn(event)
            default: break
            }
            // A completed title is left nowhere; `stop` has seen to that.
            leave(event)
            open.removeAll { life.hasExpired($0.startedAt, retention: 12 * hour, in: index..<index + 1) }
        }
    }

    private mutating func start(_ event: OracleEvent) {
        effects.append(.played(title: event.title, region: event.region, at: event.timestamp))
        let stopped = open.filter { $0.isStopped && isSame($0, event) && $0.startedAt >= event.timestamp }
        let madeByStop = ascending(stopped) { $0.startedAt }.first
        link(event, except: madeByStop?.startedAt)
        remember(event.title)
        if let madeByStop {
            if let place = open.firstIndex(of: madeByStop) { open.remove(at: place) }
            if let place = recent.lastIndex(where: { $0.title == event.title && $0.at == madeByStop.startedAt }) {
                var play = recent.remove(at: place)
                play.at = event.timestamp
                remember(play)
            }
        } else if !open.contains(where: { isSame($0, event) && $0.startedAt == event.timestamp }) {
            remember(
                OracleOpenPlay(
                    title: event.title, session: event.session, startedAt: event.timestamp, isQualified: false, isStopped: false))
            if !recent.contains(where: { $0.title == event.title && $0.at == event.timestamp }) {
                remember(OraclePlay(title: event.title, at: event.timestamp, watched: 0, permille: 0, endedAt: 0))
            }
        }
    }

    /// Co-plays: the other titles played up to then, the latest first, at most eight; none where the same title was the last.
    private mutating func link(_ event: OracleEvent, except estimate: Int64?) {
        var earlier = recent.filter { $0.at <= event.timestamp && !($0.title == event.title && $0.at == estimate) }
        if earlier.last?.title == event.title { return }
        earlier.removeAll { $0.title == event.title }
        var titles: [String] = []
        for play in earlier.reversed() where !titles.contains(play.title) { titles.append(play.title) }
        for (place, title) in titles.prefix(settings.coPlayDistanceMax).enumerated() {
            effects.append(.followed(from: title, to: event.title, weight: 1000 / Int64(place + 1), at: event.timestamp))
        }
    }

    private mutating func goOn(_ event: OracleEvent) {
        guard let place = openPlay(of: event) else { return }
        qualify(place, event)
        update(event, startedAt: open[place].startedAt, endedAt: 0)
    }

    private mutating func stop(_ event: OracleEvent) {
        var startedAt = max(event.timestamp - watched(event), 0)
        if let place = openPlay(of: event) {
            qualify(place, event)
            startedAt = open.remove(at: place).startedAt
        } else {
            if watched(event) >= settings.qualifiedPlay { forward(event, startedAt: startedAt) }
            remember(
                OracleOpenPlay(title: event.title, session: event.session, startedAt: startedAt, isQualified: true, isStopped: true))
            remember(event.title)
        }
        let permille = update(event, startedAt: startedAt, endedAt: event.timestamp)
        var weight = settings.partialPlay
        if permille >= settings.completedPermille {
            weight = settings.completedPlay
            positions.removeAll { $0.title == event.title && $0.at <= event.timestamp }
        } else if permille < settings.abandonedPermille && duration(event) > 0 {
            weight = settings.abandonedPlay
        }
        signals.append(OracleSignal(title: event.title, weight: weight, at: event.timestamp))
    }

    /// Takes a position unless something newer is known of the title: another one, or that it was completed.
    private mutating func leave(_ event: OracleEvent) {
        guard let position = position(event) else { return }
        let isCompleted = recent.contains {
            $0.title == event.title && $0.endedAt >= event.timestamp && $0.permille >= settings.completedPermille
        }
        let known = positions.first { $0.title == event.title }
        if isCompleted || known.map({ $0.at > event.timestamp }) == true { return }
        let told = duration(event)
        positions.removeAll { $0.title == event.title }
        positions.append(
            OraclePosition(
                title: event.title, position: position, duration: told > 0 ? told : known?.duration ?? 0, at: event.timestamp))
        positions = ascending(positions) { $0.at }.suffix(20)
    }
}

extension OraclePlays {
    /// The newest play under way that had begun.
    private func openPlay(of event: OracleEvent) -> Int? {
        open.lastIndex { !$0.isStopped && isSame($0, event) && $0.startedAt <= event.timestamp }
    }

    private func isSame(_ play: OracleOpenPlay, _ event: OracleEvent) -> Bool {
        play.title == event.title && play.session == event.session
    }

    /// Two minutes watched make a play a qualified one, told once.
    private mutating func qualify(_ place: Int, _ event: OracleEvent) {
        if open[place].isQualified || watched(event) < settings.qualifiedPlay { return }
        open[place].isQualified = true
        forward(event, startedAt: open[place].startedAt)
    }

    private mutating func forward(_ event: OracleEvent, startedAt: Int64) {
        for test in settings.tests where test.title == event.title {
            effects.append(
                .forward(
                    OracleForward(
                        user: event.user, offset: event.offset, kind: .attributionPlay, test: test.id, variant: "", segment: "",
                        at: startedAt)))
        }
    }

    /// The greatest numbers told of the play; answers the fraction.
    @discardableResult
    private mutating func update(_ event: OracleEvent, startedAt: Int64, endedAt: Int64) -> Int64 {
        let told = OraclePlay(
            title: event.title, at: startedAt, watched: watched(event), permille: permille(event), endedAt: endedAt)
        guard let place = recent.lastIndex(where: { $0.title == event.title && $0.at == startedAt }) else {
            remember(told)
            return told.permille
        }
        recent[place].watched = max(recent[place].watched, told.watched)
        recent[place].permille = max(recent[place].permille, told.permille)
        recent[place].endedAt = max(recent[place].endedAt, told.endedAt)
        return recent[place].permille
    }

    private mutating func remember(_ play: OraclePlay) { recent = ascending(recent + [play]) { $0.at }.suffix(50) }

    private mutating func remember(_ play: OracleOpenPlay) { open = ascending(open + [play]) { $0.startedAt }.suffix(8) }

    private mutating func remember(_ title: String) {
        if !played.contains(title) { played = (played + [title]).suffix(4096) }
    }

    private func position(_ event: OracleEvent) -> Int64? {
        (event.type == .seek ? event.number : event.position).map { min(max($0, 0), 1 << 40) }
    }

    private func watched(_ event: OracleEvent) -> Int64 { min(max(event.watched ?? 0, 0), day) }

    private func duration(_ event: OracleEvent) -> Int64 {
        let told = event.duration ?? 0
        return min(told > 0 ? told : settings.titles[event.title]?.runtime ?? 0, 1 << 40)
    }

    private func permille(_ event: OracleEvent) -> Int64 {
        guard let position = position(event), duration(event) > 0 else { return 0 }
        return min(position, duration(event)) * 1000 / duration(event)
    }
}
