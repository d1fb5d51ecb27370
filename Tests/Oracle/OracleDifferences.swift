import Events
package import Features

/// Comparisons of what a store holds with what it must hold, in words. `times` are the moments that windows are read at; none may be
/// more than five minutes before the viewer's log time.
extension Oracle {
    /// What differs in a list, element by element, the order last.
    private func compare<Element: Hashable>(_ name: String, expected: [Element], found: [Element]) -> [String] {
        if expected == found { return [] }
        let missing = expected.filter { !found.contains($0) }.map { "\(name): expected \($0)" }
        let unexpected = found.filter { !expected.contains($0) }.map { "\(name): found \($0)" }
        return missing + unexpected + (missing.isEmpty && unexpected.isEmpty ? ["\(name): expected \(expected), found \(found)"] : [])
    }

    private func compareHead<State>(_ value: UserValue<State>, _ history: OracleHistory) -> [String] {
        compare("applied offset", expected: [history.applied.last?.offset ?? -1], found: [value.applied.offset])
            + compare("log time", expected: [history.logTime], found: [value.logTime])
            + compare("erased", expected: [history.isErased], found: [value.isErased])
            + compare("as of", expected: [history.life.asOf], found: [value.state.asOf])
    }

    /// Compares a play state.
    package func differences(
        in value: UserValue<PlayState>, of user: String, _ place: Place, names: NameTable, at times: [Int64]
    ) -> [String] {
        let life = history(of: user, place).life
        let plays = OraclePlays(life, settings: settings)
        let state = value.state
        var found = compareHead(value, history(of: user, place))
        found += compare("region", expected: [life.region], found: [state.region.text])
        found += compare(
            "recent plays", expected: plays.recent,
            found: state.recentPlays.map {
                OraclePlay(
                    title: names.text($0.title), at: $0.at, watched: $0.watchedMilliseconds, permille: Int64($0.fractionPermille),
                    endedAt: $0.endedAt)
            })
        found += compare(
            "continue watching", expected: plays.positions,
            found: state.positions.map {
                OraclePosition(
                    title: names.text($0.title), position: $0.positionMilliseconds, duration: $0.durationMilliseconds, at: $0.at)
            })
        found += compare("titles played", expected: plays.played, found: state.played.map(names.text))
        found += compare(
            "open plays", expected: plays.open,
            found: state.openPlays.map {
                OracleOpenPlay(
                    title: names.text($0.title), session: names.text($0.session), startedAt: $0.startedAt, isQualified: $0.qualified,
                    isStopped: $0.isStopped)
            })
        found += times.flatMap { settings.differences(in: state.taste, signals: plays.signals, at: $0) }
        return found.map { "user \(user), play, \($0)" }
    }

    /// Compares a search state.
    package func differences(
        in value: UserValue<SearchState>, of user: String, _ place: Place, names: NameTable, at times: [Int64]
    ) -> [String] {
        let life = history(of: user, place).life
        var found = compareHead(value, history(of: user, place))
        found += compare(
            "searches", expected: life.searches,
            found: value.state.searches.map { OracleSearch(query: names.text($0.query), clicked: names.text($0.clicked), at: $0.at) })
        let signals = life.mentions { $0.type == .searchResultClick ? $0.title : nil }.map {
            OracleSignal(title: $0.key, weight: settings.searchClick, at: $0.at)
        }
        found += times.flatMap { settings.differences(in: value.state.taste, signals: signals, at: $0) }
        return found.map { "user \(user), search, \($0)" }
    }

    /// Compares an impression state.
    package func differences(
        in value: UserValue<ImpressionState>, of user: String, _ place: Place, names: NameTable, at times: [Int64]
    ) -> [String] {
        let life = history(of: user, place).life
        var found = compareHead(value, history(of: user, place))
        found += compare("region", expected: [life.region], found: [value.state.region.text])
        found += compare(
            "shown", expected: life.shown,
            found: value.state.shown.map { OracleShown(title: names.text($0.title), count: Int64($0.count), at: $0.at) })
        let signals = life.mentions { $0.type == .titleHovered ? $0.title : nil }.map {
            OracleSignal(title: $0.key, weight: settings.hover, at: $0.at)
        }
        found += times.flatMap { settings.differences(in: value.state.taste, signals: signals, at: $0) }
        return found.map { "user \(user), impression, \($0)" }
    }

    /// Compares a feedback state.
    package func differences(
        in value: UserValue<FeedbackState>, of user: String, _ place: Place, names: NameTable, at times: [Int64]
    ) -> [String] {
        func marks(_ marks: [Mark]) -> [OracleMark] { marks.map { OracleMark(title: names.text($0.title), isSet: $0.isSet, at: $0.at) } }
        let feedback = OracleFeedback(history(of: user, place).life, settings: settings)
        let state = value.state
        var found = compareHead(value, history(of: user, place))
        found += compare(
            "ratings", expected: feedback.ratings,
            found: state.ratings.map { OracleRating(title: names.text($0.title), tenths: Int64($0.tenths), at: $0.at) })
        found += compare("hidden", expected: feedback.hidden, found: marks(state.hidden))
        found += compare("my list", expected: feedback.myList, found: marks(state.myList))
        found += compare(
            "removed from continue watching", expected: feedback.continueWatchingRemoved, found: marks(state.continueWatchingRemoved))
        found += times.flatMap { settings.differences(in: state.taste, signals: feedback.signals, at: $0) }
        return found.map { "user \(user), feedback, \($0)" }
    }

    /// Compares a quality state.
    package func differences(
        in value: UserValue<QualityState>, of user: String, _ place: Place, names: NameTable, at times: [Int64]
    ) -> [String] {
        let sessions = value.state.sessions.map {
            OracleSession(
                session: names.text($0.session), title: names.text($0.title), at: $0.at, samples: Int64($0.sampleCount),
                stalls: Int64($0.stallCount), stalled: $0.stalledMilliseconds, dropped: $0.droppedFrames, buffer: $0.bufferMilliseconds,
                bitrate: $0.bitrateKbps, fast: $0.fastThroughput, slow: $0.slowThroughput, variance: $0.variance,
                ladder: $0.ladderKbps.map { Int64($0) }, signalledRung: Int64($0.signalledRung), signalledAt: $0.signalledAt)
        }
        let expected = history(of: user, place).life.sessions(settings).sessions
        let found = compareHead(value, history(of: user, place)) + compare("sessions", expected: expected, found: sessions)
        return found.map { "user \(user), quality, \($0)" }
    }

    /// Compares an error state.
    package func differences(
        in value: UserValue<ErrorState>, of user: String, _ place: Place, names: NameTable, at times: [Int64]
    ) -> [String] {
        let errors = value.state.errors.map {
            OracleError(code: names.text($0.code), title: names.text($0.title), isFatal: $0.isFatal, at: $0.at)
        }
        let history = history(of: user, place)
        let found = compareHead(value, history) + compare("errors", expected: history.life.errors, found: errors)
        return found.map { "user \(user), error, \($0)" }
    }

    /// Compares an experiment state.
    package func differences(
        in value: UserValue<ExperimentState>, of user: String, _ place: Place, names: NameTable, at times: [Int64]
    ) -> [String] {
        let assignments = value.state.assignments.map {
            OracleAssignment(
                test: names.text($0.test), variant: names.text($0.variant), segment: names.text($0.segment),
                permille: Int64($0.propensityPermille), at: $0.at)
        }
        let history = history(of: user, place)
        let found = compareHead(value, history) + compare("assignments", expected: history.life.assignmentList, found: assignments)
        return found.map { "user \(user), experiment, \($0)" }
    }

    /// Compares an attribution state.
    package func differences(
        in value: UserValue<AttributionState>, of user: String, _ place: Place, names: NameTable, at times: [Int64]
    ) -> [String] {
        let evidence = value.state.tests.map { test in
            OracleEvidence(
                test: names.text(test.test), variant: names.text(test.variant), segment: names.text(test.segment),
                impressions: test.impressions.map { OracleEvidence.Impression(variant: names.text($0.variant), at: $0.at) },
                plays: test.plays,
                credit: OracleCredit(
                    variant: names.text(test.counted.variant), segment: names.text(test.counted.segment),
                    isExposed: test.counted.exposed, hasWon: test.counted.won))
        }
        let history = history(of: user, place)
        let found =
            compareHead(value, history) + compare("erased up to", expected: history.erasedUpTo, found: value.state.erasedUpTo?.list ?? [])
            + compare("tests", expected: history.life.evidence(settings), found: evidence.sorted { $0.test < $1.test })
        return found.map { "user \(user), attribution, \($0)" }
    }
}

extension SourceOffsets {
    /// In the order in which an erasure tells them.
    fileprivate var list: [Int64] { [impression, play, experiment] }
}
