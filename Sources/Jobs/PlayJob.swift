// hot path
package import Events
package import Features

/// The play job: taste, recent plays, positions across devices; of titles: plays and directed co-plays.
///
/// Events may come in any order. A play is told by title, session and start; a `play_stop` without its start makes the play from its
/// own data (start = its time − time watched), and a start that comes later finds it.
extension PlayState: TopicOperator {
    package mutating func apply(
        _ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext
    ) -> DeadLetterReason? {
        guard event.type.topic == .play else { return .wrongTopic }
        guard let play = PlayEvent(event, bytes: bytes, in: &context) else { return .badValue }
        switch event.type {
        case .playStart: start(play, in: &context)
        case .playStop: stop(play, in: &context)
        case .seek: leave(play, settings: context.settings)
        default: goOn(play, in: &context)
        }
        if event.timestamp >= asOf { region = play.region }
        asOf = max(asOf, event.timestamp)
        return nil
    }

    package mutating func expire(logTime: Int64) {
        taste.expire(logTime: logTime)
        openPlays.removeAll { logTime - $0.startedAt > Retention.openPlayMilliseconds }
    }

    private mutating func start(_ play: PlayEvent, in context: inout JobContext) {
        context.effects.append(.played(title: play.title, region: play.region, at: play.at))
        let stopped = stoppedPlay(of: play)
        linkCoPlays(of: play, madeByStop: stopped.map { openPlays[$0].startedAt }, in: &context)
        if let stopped {
            moveRecentPlay(play.title, from: openPlays[stopped].startedAt, to: play.at)
            openPlays.remove(at: stopped)
        } else {
            open(play)
        }
        remember(play.title)
        leave(play, settings: context.settings)
    }

    /// A pause or the end of one tells how far the viewer has come.
    private mutating func goOn(_ play: PlayEvent, in context: inout JobContext) {
        if let place = openPlay(of: play) {
            update(play, startedAt: openPlays[place].startedAt)
            qualify(place, play, in: &context)
        }
        leave(play, settings: context.settings)
    }

    private mutating func stop(_ play: PlayEvent, in context: inout JobContext) {
        let startedAt = close(play, in: &context)
        let permille = update(play, startedAt: startedAt, endedAt: play.at)
        let isCompleted = permille >= context.settings.completedPermille
        if isCompleted { positions.removeAll { $0.title == play.title && $0.at <= play.at } }
        leave(play, settings: context.settings)
        let isAbandoned = play.durationMilliseconds > 0 && permille < context.settings.abandonedPermille
        let weight =
            isCompleted ? context.settings.completedPlay : isAbandoned ? context.settings.abandonedPlay : context.settings.partialPlay
        taste.add(title: play.title, weight: weight, at: play.at, in: &context)
    }

    /// Ends the open play that the stop belongs to, or makes one; answers when it started.
    private mutating func close(_ play: PlayEvent, in context: inout JobContext) -> Int64 {
        if let place = openPlay(of: play) {
            qualify(place, play, in: &context)
            return openPlays.remove(at: place).startedAt
        }
        let startedAt = max(play.at - play.watchedMilliseconds, 0)
        if play.watchedMilliseconds >= context.settings.qualifiedPlayMilliseconds {
            forward(title: play.title, startedAt: startedAt, in: &context)
        }
        let made = OpenPlay(title: play.title, session: play.session, startedAt: startedAt, qualified: true, isStopped: true)
        insert(made, into: &openPlays, countMax: PlayState.openPlayCountMax) { $0.startedAt }
        remember(play.title)
        return startedAt
    }
}

extension PlayState {
    /// Forwards an open play once it has been watched long enough.
    private mutating func qualify(_ place: Int, _ play: PlayEvent, in context: inout JobContext) {
        guard !openPlays[place].qualified, play.watchedMilliseconds >= context.settings.qualifiedPlayMilliseconds else { return }
        openPlays[place].qualified = true
        forward(title: play.title, startedAt: openPlays[place].startedAt, in: &context)
    }

    private func forward(title: Name, startedAt: Int64, in context: inout JobContext) {
        context.prepareTests()
        for test in context.tests ?? [] where test.title == title {
            context.effects.append(.forward(.play(test: test.test, at: startedAt)))
        }
    }

    /// Links the title to the other titles played before it: weight 1000 / distance, the nearest first. A play that goes on with the
    /// title played last links nothing.
    private func linkCoPlays(of play: PlayEvent, madeByStop: Int64?, in context: inout JobContext) {
        var distance: Int64 = 0
        for place in recentPlays.indices.reversed() where recentPlays[place].at <= play.at {
            let earlier = recentPlays[place]
            if earlier.title == play.title {
                if earlier.at == madeByStop { continue }
                if distance == 0 { return }
                continue
            }
            if isRepeated(place, until: play.at) { continue }
            distance += 1
            if distance > context.settings.coPlayDistanceMax { return }
            context.effects.append(.followed(from: earlier.title, to: play.title, weight: 1000 / distance, at: play.at))
        }
    }

    /// True where the title of a recent play was played again up to a time.
    private func isRepeated(_ place: Int, until at: Int64) -> Bool {
        recentPlays[(place + 1)...].contains { $0.at <= at && $0.title == recentPlays[place].title }
    }
}
