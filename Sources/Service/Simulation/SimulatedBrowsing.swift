import Events

/// A session under way.
struct SimulatedSession {
    let viewer: Int
    /// The simulated clock, milliseconds.
    var now: Int64
    /// Films shown in the rows of the page, with their rows.
    var shown: [(film: Int, row: [UInt8])] = []
    /// The test to whose artwork the viewer is about to yield.
    var winningTest: Int?
}

extension ViewerSimulator {
    private static let rowTitleCount = 6
    /// Where less than this of the weight is not on test, nothing is chosen.
    private static let choosableShareMin = 1e-6
    private static let continueWatchingRow = Array("continue_watching".utf8)
    private static let topPicksRow = Array("top_picks".utf8)
    private static let newRow = Array("new".utf8)

    /// Plays one visit: the home page, perhaps a search, perhaps plays, and what a viewer thinks of them.
    mutating func playSession(of viewer: Int, at start: Int64) {
        var session = SimulatedSession(viewer: viewer, now: start)
        let devices = viewers[viewer].deviceIDs
        recorder.beginSession(
            number: sessionCount, user: viewers[viewer].escapedID, device: devices[min(devices.count - 1, random.below(devices.count + 1))],
            region: world.regions[viewers[viewer].region].escapedCode, isBot: viewers[viewer].isBot)
        guard weighChoices(of: viewer) else { return }
        browse(&session)
        if random.chance(0.003) { failApp(&session) }
        if session.winningTest != nil {
            playWinner(&session)
        } else if random.chance(0.2) {
            search(&session)
        } else if random.chance(0.8) {
            repeat { playNext(&session) } while random.chance(0.4)
        }
        viewers[viewer].busyUntil = session.now
    }

    /// Sets `choice` for the viewer; false where there is nothing to choose.
    private mutating func weighChoices(of viewer: Int) -> Bool {
        let region = viewers[viewer].region
        func liking(_ set: SimulatedWorld.FilmSet) -> Double {
            let match = viewers[viewer].match(set.genres)
            // A well matched film is chosen about thirty times as often as an unfit one.
            return match * match * match * 30 + 1
        }
        choice.removeAll(keepingCapacity: true)
        var sum = 0.0
        for set in world.sets {
            sum += (set.sums[region].last ?? 0) * liking(set)
            choice.append(sum)
        }
        let tested = viewers[viewer].participations.compactMap { escapedTests[$0.test].film }
        let testedSum = Set(tested).reduce(0) { $0 + world.weights[region][$1] * liking(world.sets[world.films[$1].set]) }
        return sum - testedSum > sum * ViewerSimulator.choosableShareMin
    }

    /// A film that is not on test, by the viewer's liking and the films' weights; one seen before rarely.
    mutating func chooseFilm(for viewer: Int) -> Int {
        while true {
            let set = world.sets[random.index(cumulative: choice)]
            let film = set.films[random.index(cumulative: set.sums[viewers[viewer].region])]
            if viewers[viewer].participations.contains(where: { escapedTests[$0.test].film == film }) { continue }
            if !viewers[viewer].hasSeen(film) || random.chance(0.03) { return film }
        }
    }

    /// Rows scroll by; some titles are looked at longer.
    private mutating func browse(_ session: inout SimulatedSession) {
        let viewer = session.viewer
        var rows = viewers[viewer].unfinished == nil ? [] : [ViewerSimulator.continueWatchingRow]
        rows += [ViewerSimulator.topPicksRow, world.regions[viewers[viewer].region].trendingRow]
        rows += [world.genreRows[viewers[viewer].strongestGenre], ViewerSimulator.newRow]
        var position = 0
        repeat {
            if position > 0 {
                session.now += random.milliseconds(1...8)
                recorder.begin(.scrollPosition, at: session.now)
                recorder.number("row_position", Int64(position))
                recorder.text("row_id", rows[position])
                recorder.end()
            }
            showRow(&session, row: rows[position], at: position)
            position += 1
        } while position < rows.count && random.chance(0.6)
        if random.chance(0.08), let film = session.shown.last?.film { addToList(&session, film: film) }
    }

    private mutating func showRow(_ session: inout SimulatedSession, row: [UInt8], at position: Int) {
        var films: [Int] = []
        if row == ViewerSimulator.continueWatchingRow {
            films = viewers[session.viewer].unfinished.map { [$0.film] } ?? []
        } else {
            for _ in 0..<ViewerSimulator.rowTitleCount {
                let film = chooseFilm(for: session.viewer)
                if !films.contains(film) { films.append(film) }
            }
        }
        let exposures = row == ViewerSimulator.topPicksRow ? exposures(of: session.viewer) : []
        films += exposures.compactMap { escapedTests[viewers[session.viewer].participations[$0].test].film }
        session.now += random.milliseconds(0.2...1.5)
        recorder.begin(.rowImpression, at: session.now)
        recorder.text("row_id", row)
        recorder.number("row_position", Int64(position))
        recorder.texts("title_ids", films.lazy.map { [films = world.films] in films[$0].escapedID })
        recorder.end()
        let plain = films.count - exposures.count
        if position < 2 {
            for rank in 0..<min(2, plain) {
                show(&session, film: films[rank], artwork: world.films[films[rank]].artwork, row: row, position: position, rank: rank)
            }
        }
        for (place, participation) in exposures.enumerated() {
            expose(&session, participation: participation, row: row, position: position, rank: plain + place)
        }
        for film in films.prefix(plain) { session.shown.append((film, row)) }
        hover(&session, films: films.prefix(plain), row: row)
    }

    private mutating func show(
        _ session: inout SimulatedSession, film: Int, artwork: [UInt8]?, row: [UInt8], position: Int, rank: Int,
        mark: EventRecorder.Mark = .init()
    ) {
        recorder.begin(.recommendationShown, at: session.now)
        recorder.text("title_id", world.films[film].escapedID)
        if let artwork { recorder.text("artwork_id", artwork) }
        recorder.text("row_id", row)
        recorder.number("row_position", Int64(position))
        recorder.number("rank", Int64(rank))
        recorder.end(mark: mark)
    }

    /// The participations whose artwork the page shows this time.
    private mutating func exposures(of viewer: Int) -> [Int] {
        viewers[viewer].participations.indices.filter { index in
            let participation = viewers[viewer].participations[index]
            guard let film = escapedTests[participation.test].film, world.weights[viewers[viewer].region][film] > 0 else { return false }
            return random.chance(participation.hasWon ? 0.05 : participation.isExposed ? 0.3 : 0.8)
        }
    }

    /// Shows the artwork of the viewer's variant. Whether it wins is decided once, at the first exposure: those who do not yield
    /// then never play the title, so that the planted rate is the rate of viewers.
    private mutating func expose(_ session: inout SimulatedSession, participation index: Int, row: [UInt8], position: Int, rank: Int) {
        let participation = viewers[session.viewer].participations[index]
        let test = escapedTests[participation.test]
        guard let film = test.film else { return }
        let variant = test.variants[participation.variant]
        if !participation.isAssigned {
            recorder.begin(.abTestAssignment, at: session.now)
            recorder.text("test_id", test.id)
            recorder.text("variant_id", variant.id)
            recorder.text("title_id", world.films[film].escapedID)
            recorder.text("segment", escapedForJSON(world.genreNames[viewers[session.viewer].strongestGenre]))
            recorder.fraction("propensity", thousandths: min(1000, variant.thousandths))
            recorder.end()
            viewers[session.viewer].participations[index].isAssigned = true
            session.now += 1
        }
        var mark = EventRecorder.Mark()
        if !participation.isExposed {
            mark = .init(meaning: .exposed, arm: armStarts[participation.test] + participation.variant)
            viewers[session.viewer].participations[index].isExposed = true
            if session.winningTest == nil && random.chance(settings.tests[participation.test].winRates[participation.variant]) {
                session.winningTest = index
            }
        }
        show(&session, film: film, artwork: variant.artwork, row: row, position: position, rank: rank, mark: mark)
    }

    private mutating func hover(_ session: inout SimulatedSession, films: some Collection<Int>, row: [UInt8]) {
        for film in films {
            let match = viewers[session.viewer].match(world.films[film].genres)
            guard random.chance(0.02 + 0.25 * match) else { continue }
            let hover = 300 + Int64(min(random.exponential(mean: 800 + 2500 * match), 20_000))
            session.now += hover
            recorder.begin(.titleHovered, at: session.now)
            recorder.text("title_id", world.films[film].escapedID)
            recorder.number("hover_ms", hover)
            if let artwork = world.films[film].artwork { recorder.text("artwork_id", artwork) }
            recorder.text("row_id", row)
            recorder.end()
            if match < 0.15 && random.chance(0.06) { feedback(.titleHidden, &session, film: film) }
        }
    }

    private mutating func addToList(_ session: inout SimulatedSession, film: Int) {
        guard !viewers[session.viewer].listed.contains(film) else { return }
        session.now += random.milliseconds(0.5...3)
        feedback(.myListAdded, &session, film: film)
        viewers[session.viewer].listed.append(film)
        if viewers[session.viewer].listed.count > 12 {
            feedback(.myListRemoved, &session, film: viewers[session.viewer].listed.removeFirst())
        }
    }

    /// A feedback event that says no more than its title.
    mutating func feedback(_ type: EventType, _ session: inout SimulatedSession, film: Int) {
        session.now += random.milliseconds(0.2...2)
        recorder.begin(type, at: session.now)
        recorder.text("title_id", world.films[film].escapedID)
        recorder.end()
    }

    /// A search for a film that fits the viewer; most searches end in a click, most clicks in a play.
    private mutating func search(_ session: inout SimulatedSession) {
        let film = chooseFilm(for: session.viewer)
        let query = world.films[film].queries[random.below(world.films[film].queries.count)]
        session.now += random.milliseconds(2...12)
        recorder.begin(.searchQuery, at: session.now)
        recorder.text("query", query)
        recorder.number("results_count", Int64(1 + random.below(9)))
        recorder.end()
        guard random.chance(0.75) else { return }
        session.now += random.milliseconds(1...10)
        recorder.begin(.searchResultClick, at: session.now)
        recorder.text("query", query)
        recorder.text("title_id", world.films[film].escapedID)
        recorder.number("rank", Int64(random.below(3)))
        recorder.end()
        if random.chance(0.8) { play(&session, film: film, row: nil) }
    }

    private mutating func failApp(_ session: inout SimulatedSession) {
        session.now += random.milliseconds(0.1...5)
        recorder.begin(.errorOccurred, at: session.now)
        recorder.text("code", random.chance(0.5) ? "NETWORK_TIMEOUT" : "UI_RENDER")
        recorder.text("message", "the home page could not be shown whole")
        recorder.flag("fatal", random.chance(0.1))
        recorder.end()
    }
}
