// hot path
import Features

/// The lists that the play job keeps of a viewer.
extension PlayState {
    /// The open play that an event after its start belongs to: the newest that had begun.
    func openPlay(of play: PlayEvent) -> Int? {
        openPlays.lastIndex {
            !$0.isStopped && $0.title == play.title && $0.session == play.session && $0.startedAt <= play.at
        }
    }

    /// The play that a late start belongs to: the first that was made by its stop and begins no earlier.
    func stoppedPlay(of play: PlayEvent) -> Int? {
        openPlays.firstIndex {
            $0.isStopped && $0.title == play.title && $0.session == play.session && $0.startedAt >= play.at
        }
    }

    mutating func open(_ play: PlayEvent) {
        let isOpen = openPlays.contains { $0.title == play.title && $0.session == play.session && $0.startedAt == play.at }
        if isOpen { return }
        let opened = OpenPlay(title: play.title, session: play.session, startedAt: play.at, qualified: false)
        insert(opened, into: &openPlays, countMax: PlayState.openPlayCountMax) { $0.startedAt }
        if recentPlay(play.title, at: play.at) == nil {
            insertRecentPlay(RecentPlay(title: play.title, at: play.at, watchedMilliseconds: 0, fractionPermille: 0))
        }
    }

    /// Takes what an event tells of a play into the recent plays (`endedAt` 0: it goes on); answers the greatest fraction so far.
    @discardableResult
    mutating func update(_ play: PlayEvent, startedAt: Int64, endedAt: Int64 = 0) -> Int32 {
        guard let place = recentPlay(play.title, at: startedAt) else {
            insertRecentPlay(
                RecentPlay(
                    title: play.title, at: startedAt, watchedMilliseconds: play.watchedMilliseconds,
                    fractionPermille: play.fractionPermille, endedAt: endedAt))
            return play.fractionPermille
        }
        recentPlays[place].watchedMilliseconds = max(recentPlays[place].watchedMilliseconds, play.watchedMilliseconds)
        recentPlays[place].fractionPermille = max(recentPlays[place].fractionPermille, play.fractionPermille)
        recentPlays[place].endedAt = max(recentPlays[place].endedAt, endedAt)
        return recentPlays[place].fractionPermille
    }

    /// Corrects the start of a play that its stop made.
    mutating func moveRecentPlay(_ title: Name, from estimate: Int64, to startedAt: Int64) {
        guard let place = recentPlay(title, at: estimate) else { return }
        var play = recentPlays.remove(at: place)
        play.at = startedAt
        insertRecentPlay(play)
    }

    mutating func remember(_ title: Name) {
        if played.contains(title) { return }
        played.append(title)
        if played.count > PlayState.playedTitleCountMax { played.removeFirst() }
    }

    /// Takes where the title was left, unless something newer is known: a position, or that the title was completed.
    mutating func leave(_ play: PlayEvent, settings: borrowing JobSettings) {
        guard let positionMilliseconds = play.positionMilliseconds else { return }
        for recent in recentPlays where recent.title.raw == play.title.raw && recent.endedAt >= play.at {
            if recent.fractionPermille >= settings.completedPermille { return }
        }
        var position = ContinuePosition(
            title: play.title, positionMilliseconds: positionMilliseconds, durationMilliseconds: play.durationMilliseconds, at: play.at)
        if let place = positions.firstIndex(where: { $0.title.raw == play.title.raw }) {
            if positions[place].at > play.at { return }
            if position.durationMilliseconds == 0 { position.durationMilliseconds = positions[place].durationMilliseconds }
            positions.remove(at: place)
        }
        insert(position, into: &positions, countMax: PlayState.continuePositionCountMax) { $0.at }
    }

    private func recentPlay(_ title: Name, at startedAt: Int64) -> Int? {
        recentPlays.lastIndex { $0.title.raw == title.raw && $0.at == startedAt }
    }

    private mutating func insertRecentPlay(_ play: RecentPlay) {
        insert(play, into: &recentPlays, countMax: PlayState.recentPlayCountMax) { $0.at }
    }
}
