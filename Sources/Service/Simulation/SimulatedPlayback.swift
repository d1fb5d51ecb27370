import Events

extension ViewerSimulator {
    private static let ladderKbps: [Int64] = [235, 375, 560, 750, 1050, 1750, 2350, 3000, 4300, 5800]
    private static let sampleIntervalMilliseconds: Int64 = 10_000
    private static let sampleCountMax = 30

    /// The viewer goes on with what was left unfinished, or with the successor of what was just completed, or chooses from the page.
    mutating func playNext(_ session: inout SimulatedSession) {
        let viewer = viewers[session.viewer]
        let weights = world.weights[viewer.region]
        if let unfinished = viewer.unfinished, random.chance(0.5) {
            play(&session, film: unfinished.film, from: unfinished.positionMilliseconds, row: Array("continue_watching".utf8))
        } else if let last = viewer.lastCompleted, let next = world.films[last].successor, weights[next] > 0, random.chance(0.55) {
            if session.now < settings.endTime { followedCounts[last] += 1 }
            play(&session, film: next, row: nil)
        } else {
            let film = chooseFilm(for: session.viewer)
            play(&session, film: film, row: session.shown.first { $0.film == film }?.row)
        }
    }

    /// The play that a test's artwork brought about: at least two minutes, within some minutes of the impression.
    mutating func playWinner(_ session: inout SimulatedSession) {
        guard let index = session.winningTest else { return }
        let participation = viewers[session.viewer].participations[index]
        let test = escapedTests[participation.test]
        guard let film = test.film else { return }
        viewers[session.viewer].participations[index].hasWon = true
        session.now += random.milliseconds(1...240)
        let runtime = world.films[film].runtimeMilliseconds
        let watched = max(130_000, Int64(Double(runtime) * random.uniform(0.1...1)))
        start(&session, film: film, from: 0, artwork: test.variants[participation.variant].artwork, row: Array("top_picks".utf8))
        session.now += watched
        stop(
            &session, film: film, position: min(watched, runtime), watched: watched,
            mark: .init(meaning: .won, arm: armStarts[participation.test] + participation.variant))
    }

    /// One play: start, pauses and seeks, stop; how far it goes depends on how well the film fits.
    mutating func play(_ session: inout SimulatedSession, film: Int, from position: Int64 = 0, row: [UInt8]?) {
        session.now += random.milliseconds(1...15)
        start(&session, film: film, from: position, artwork: world.films[film].artwork, row: row)
        if random.chance(0.004) { return failPlayback(&session, film: film, position: position) }
        let runtime = world.films[film].runtimeMilliseconds
        let goal = goal(of: session.viewer, film: film, from: position, runtime: runtime)
        let isSampled = random.chance(settings.qualityShare)
        if isSampled { sampleQuality(session, film: film, from: position, until: goal) }
        let stops = (0..<(random.chance(0.3) ? 1 + random.below(2) : 0)).map { _ in Int64(random.uniform() * Double(goal - position)) }
        var place = position
        var watched: Int64 = 0
        for stop in stops.sorted() {
            advance(&session, &place, &watched, to: position + stop)
            pause(&session, film: film, &place, watched: watched)
        }
        if random.chance(0.12) { skip(&session, film: film, &place, runtime: goal) }
        advance(&session, &place, &watched, to: goal)
        stop(&session, film: film, position: place, watched: watched)
        finish(&session, film: film, position: place, runtime: runtime)
    }

    /// The position where the viewer will leave.
    private mutating func goal(of viewer: Int, film: Int, from position: Int64, runtime: Int64) -> Int64 {
        let match = viewers[viewer].match(world.films[film].genres)
        let draw = random.uniform()
        let fraction: Double
        if draw < 0.2 + 0.55 * match {
            fraction = random.uniform(0.93...1)
        } else if draw < 0.65 + 0.3 * match {
            fraction = random.uniform(0.15...0.85)
        } else {
            fraction = random.uniform(0.005...0.05)
        }
        return max(min(runtime, position + 5_000), position + Int64(Double(runtime - position) * fraction))
    }

    private func advance(_ session: inout SimulatedSession, _ place: inout Int64, _ watched: inout Int64, to position: Int64) {
        let span = max(0, position - place)
        place += span
        watched += span
        session.now += span
    }

    private mutating func start(_ session: inout SimulatedSession, film: Int, from position: Int64, artwork: [UInt8]?, row: [UInt8]?) {
        recorder.begin(.playStart, at: session.now)
        recorder.text("title_id", world.films[film].escapedID)
        recorder.number("position_ms", position)
        recorder.number("duration_ms", world.films[film].runtimeMilliseconds)
        if let artwork { recorder.text("artwork_id", artwork) }
        if let row { recorder.text("row_id", row) }
        recorder.end()
        guard session.now < settings.endTime else { return }
        viewers[session.viewer].playCount += 1
        if viewers[session.viewer].firstPlay == nil { viewers[session.viewer].firstPlay = (film, session.now) }
    }

    private mutating func stop(
        _ session: inout SimulatedSession, film: Int, position: Int64, watched: Int64, mark: EventRecorder.Mark = .init()
    ) {
        recorder.begin(.playStop, at: session.now)
        place(film: film, position: position)
        recorder.number("watched_ms", watched)
        recorder.number("duration_ms", world.films[film].runtimeMilliseconds)
        recorder.end(mark: mark)
    }

    private mutating func place(film: Int, position: Int64) {
        recorder.text("title_id", world.films[film].escapedID)
        recorder.number("position_ms", position)
    }

    private mutating func pause(_ session: inout SimulatedSession, film: Int, _ position: inout Int64, watched: Int64) {
        recorder.begin(.playPause, at: session.now)
        place(film: film, position: position)
        recorder.number("watched_ms", watched)
        recorder.number("duration_ms", world.films[film].runtimeMilliseconds)
        recorder.end()
        session.now += random.milliseconds(5...600)
        recorder.begin(.playResume, at: session.now)
        place(film: film, position: position)
        recorder.end()
    }

    private mutating func skip(_ session: inout SimulatedSession, film: Int, _ position: inout Int64, runtime: Int64) {
        let target = min(runtime, max(0, position + random.milliseconds(-120...300)))
        recorder.begin(.seek, at: session.now)
        recorder.text("title_id", world.films[film].escapedID)
        recorder.number("from_ms", position)
        recorder.number("to_ms", target)
        recorder.end()
        position = target
    }

    private mutating func failPlayback(_ session: inout SimulatedSession, film: Int, position: Int64) {
        session.now += random.milliseconds(0.5...20)
        recorder.begin(.playbackFailed, at: session.now)
        place(film: film, position: position)
        recorder.text("code", random.chance(0.5) ? "DECODER_FAILED" : "LICENSE_DENIED")
        recorder.text("message", "playback could not go on")
        recorder.end()
    }

    /// What remains of a play: continue watching, seen films, ratings, second thoughts.
    private mutating func finish(_ session: inout SimulatedSession, film: Int, position: Int64, runtime: Int64) {
        let viewer = session.viewer
        let fraction = Double(position) / Double(runtime)
        if viewers[viewer].unfinished?.film == film { viewers[viewer].unfinished = nil }
        if fraction >= 0.9 {
            viewers[viewer].see(film)
            viewers[viewer].lastCompleted = film
            if let place = viewers[viewer].listed.firstIndex(of: film), random.chance(0.5) {
                viewers[viewer].listed.remove(at: place)
                feedback(.myListRemoved, &session, film: film)
            }
        } else {
            viewers[viewer].lastCompleted = nil
            if fraction > 0.05 { viewers[viewer].unfinished = (film, position) }
        }
        if fraction >= 0.9 && random.chance(0.15) || fraction < 0.05 && random.chance(0.05) {
            rate(&session, film: film, isLiked: fraction >= 0.9)
        }
        if fraction > 0.05 && fraction < 0.5 && random.chance(0.05) {
            feedback(.continueWatchingRemoved, &session, film: film)
            viewers[viewer].unfinished = nil
        }
    }

    private mutating func rate(_ session: inout SimulatedSession, film: Int, isLiked: Bool) {
        let match = viewers[session.viewer].match(world.films[film].genres)
        let liking = (isLiked ? 3 + 2 * match : 1.5) + 0.6 * random.normal()
        session.now += random.milliseconds(1...20)
        recorder.begin(.titleRated, at: session.now)
        recorder.text("title_id", world.films[film].escapedID)
        recorder.fraction("rating", thousandths: Int64(min(10, max(1, (liking * 2).rounded()))) * 500)
        recorder.end()
    }

    /// The player's heartbeats of the first minutes: throughput wanders, the buffer fills and empties, the bitrate follows.
    private mutating func sampleQuality(_ session: SimulatedSession, film: Int, from position: Int64, until goal: Int64) {
        let interval = ViewerSimulator.sampleIntervalMilliseconds
        let mean = random.uniform(700...9000)
        var throughput = mean
        var buffer: Int64 = 5_000
        var rung = 3
        for sample in 1...ViewerSimulator.sampleCountMax where Int64(sample) * interval < goal - position {
            let time = session.now + Int64(sample) * interval
            let place = position + Int64(sample) * interval
            throughput = max(80, throughput + 0.4 * (mean - throughput) + mean * 0.35 * random.normal())
            if random.chance(0.08) { throughput *= 0.08 }
            let bitrate = ViewerSimulator.ladderKbps[rung]
            buffer += Int64(Double(interval) * (throughput / Double(bitrate) - 1))
            if buffer < 0 {
                stall(film: film, at: time, position: place, milliseconds: min(-buffer, 30_000))
                buffer = 1_000
            }
            buffer = min(buffer, 60_000)
            let wanted = (ViewerSimulator.ladderKbps.lastIndex { Double($0) < throughput * 0.9 }) ?? 0
            recorder.begin(.qualitySample, at: time)
            self.place(film: film, position: place)
            recorder.number("buffer_ms", buffer)
            recorder.number("throughput_kbps", Int64(throughput))
            recorder.number("bitrate_kbps", bitrate)
            recorder.number("dropped_frames", random.chance(0.1) ? Int64(random.below(20)) : 0)
            recorder.flag("adapting", wanted != rung)
            recorder.numbers("ladder_kbps", ViewerSimulator.ladderKbps)
            recorder.end()
            if wanted != rung { changeQuality(film: film, at: time + 200, from: bitrate, to: ViewerSimulator.ladderKbps[wanted]) }
            rung = wanted
        }
    }

    private mutating func stall(film: Int, at time: Int64, position: Int64, milliseconds: Int64) {
        recorder.begin(.bufferStart, at: time)
        place(film: film, position: position)
        recorder.number("buffer_ms", 0)
        recorder.end()
        recorder.begin(.bufferEnd, at: time + milliseconds)
        recorder.text("title_id", world.films[film].escapedID)
        recorder.number("stalled_ms", milliseconds)
        recorder.end()
    }

    private mutating func changeQuality(film: Int, at time: Int64, from: Int64, to: Int64) {
        recorder.begin(.qualityChange, at: time)
        recorder.text("title_id", world.films[film].escapedID)
        recorder.number("from_kbps", from)
        recorder.number("to_kbps", to)
        recorder.text("reason", to > from ? "throughput_rising" : "throughput_falling")
        recorder.end()
    }
}
