import Events
import Features
import Jobs

/// The dumbest recomputation of a whole log: one pass in memory over dictionaries, no batches, caches, outboxes or positions.
struct EngineModel<State: TopicOperator>: ~Copyable {
    private struct Viewer {
        var state = State()
        var isErased = false
        /// What the last erasure tells of forwards that come too late.
        var erasedUpTo: [EventType: Int64] = [:]
        var logTime: Int64 = 0
        var applied: [(id: EventID, appendTime: Int64)] = []
    }

    private var context = JobContext(settings: testSettings, catalog: smallCatalog)
    private var filter = TrafficFilter(prefixes: testSettings.filteredPrefixes)
    private let log: EngineLog
    private var version: Int64 = 0
    private var viewers: [String: Viewer] = [:]
    private var titles: [Name: TitleState] = [:]
    private var markers = [Marker](repeating: Marker(), count: EngineWorld.bucketCount)
    private var found = EngineOutcome()

    private init(_ log: EngineLog) { self.log = log }

    static func outcome(of log: EngineLog) -> EngineOutcome {
        var model = EngineModel(log)
        log.maker.bytes.withUnsafeBytes { bytes in
            for record in log.records { model.take(record, bytes) }
        }
        return model.outcome
    }

    private mutating func take(_ record: EngineLog.Record, _ bytes: UnsafeRawBufferPointer) {
        let event = record.event
        let isFiltered = event.type != .userErased && filter.matches(event, bytes: bytes)
        let bucket = EngineWorld.bucketIndex(of: log.text(record.key))
        markers[bucket].ledger.received += 1
        if event.appendTime < 253_402_300_800_000 { markers[bucket].logTime = max(markers[bucket].logTime, event.appendTime) }
        if event.type == .definitionsChanged {
            markers[bucket].ledger.applied += 1
            take(event.number)
        } else if let reason = fault(record) ?? (isFiltered ? nil : refusal(event, bytes)) {
            markers[bucket].ledger.deadLettered += 1
            found.deadLetters.insert("\(event.offset) \(log.text(record.key)) \(reason) \(log.text(record.value))")
        } else if isFiltered {
            markers[bucket].ledger.filtered += 1
        } else if isRetry(event) {
            markers[bucket].ledger.duplicates += 1
        } else {
            markers[bucket].ledger.applied += 1
            markers[bucket].asOf = max(markers[bucket].asOf, event.timestamp)
            apply(record, bytes)
        }
    }

    private mutating func take(_ version: Int64) {
        guard version > self.version, let definition = log.definitions.first(where: { $0.version == version }) else { return }
        self.version = version
        filter = TrafficFilter(prefixes: definition.settings.filteredPrefixes)
        context.take(definition)
    }

    private func fault(_ record: EngineLog.Record) -> DeadLetterReason? {
        if let reason = record.fault ?? validate(record.event) { return reason }
        if record.key.isEmpty { return .badValue }
        if record.event.type != .userErased && record.event.type.topic != log.topic { return .wrongTopic }
        return log.text(record.key) == log.text(record.event.user) ? nil : .keyMismatch
    }

    /// Why the operator would refuse the event, whatever the viewer.
    private mutating func refusal(_ event: Event, _ bytes: UnsafeRawBufferPointer) -> DeadLetterReason? {
        if event.type == .userErased { return nil }
        var nobody = State()
        defer { context.effects.removeAll() }
        return nobody.apply(event, bytes: bytes, in: &context)
    }

    /// Among the viewer's last 128 events and of the last day of log time (in steps of five minutes).
    private func isRetry(_ event: Event) -> Bool {
        let viewer = viewers[log.text(event.user)] ?? Viewer()
        let now = max(viewer.logTime, event.appendTime) / 300_000 * 300_000
        return viewer.applied.suffix(128).contains { $0.id == event.id && now - $0.appendTime <= 86_400_000 }
    }

    private mutating func apply(_ record: EngineLog.Record, _ bytes: UnsafeRawBufferPointer) {
        let event = record.event
        let user = log.text(event.user)
        var viewer = viewers[user] ?? Viewer()
        if event.appendTime - viewer.logTime > (viewer.isErased ? 7 : 90) * 86_400_000 { viewer = Viewer() }
        if event.type == .userErased {
            viewer.state = State(viewer.state, erasedBy: event, bytes: bytes)
            viewer.erasedUpTo.merge(record.erasedUpTo) { max($0, $1) }
            viewer.isErased = true
        } else if event.number < 0 || event.number > viewer.erasedUpTo[event.type] ?? -1 {
            _ = viewer.state.apply(event, bytes: bytes, in: &context)
            viewer.isErased = false
        }
        if viewer.logTime > 0 && event.appendTime / 300_000 > viewer.logTime / 300_000 {
            viewer.state.expire(logTime: event.appendTime / 300_000 * 300_000)
        }
        viewer.logTime = max(viewer.logTime, event.appendTime)
        viewer.applied.append((event.id, event.appendTime))
        viewers[user] = viewer
        for (index, effect) in context.effects.enumerated() { take(effect, of: event, index: index) }
        context.effects.removeAll()
    }

    private mutating func take(_ effect: Effect, of event: Event, index: Int) {
        func text(_ name: Name) -> String { context.names.text(name) }
        if let title = effect.title {
            titles[title, default: TitleState()].apply(effect, logTime: event.appendTime, names: context.names)
        }
        let place = "\(event.offset).\(index) \(log.text(event.user))"
        switch effect {
        case .forward(.impression(let test, let variant, let at)):
            found.forwards.insert("\(place) impression \(text(test)) \(text(variant))  \(at)")
        case .forward(.play(let test, let at)): found.forwards.insert("\(place) play \(text(test))   \(at)")
        case .forward(.assignment(let test, let variant, let segment, let at)):
            found.forwards.insert("\(place) assignment \(text(test)) \(text(variant)) \(text(segment)) \(at)")
        case .signal(let session, let rung, let bitrate, let empties, let reason, let at):
            found.signals.insert("\(event.offset) \(text(session)) \(rung) \(bitrate) \(empties) \(reason) \(at)")
        default: break
        }
    }

    private var outcome: EngineOutcome {
        var outcome = found
        for (user, viewer) in viewers {
            outcome.users[user] = EngineOutcome.bytes(viewer.state, isErased: viewer.isErased, names: context.names)
            outcome.recentIDs[user] = viewer.applied.suffix(128).filter { viewer.logTime - $0.appendTime <= 86_400_000 }.map {
                RecentIDs.fingerprint(high: $0.id.high, low: $0.id.low)
            }
        }
        for (title, state) in titles { outcome.titles[context.names.text(title)] = EngineOutcome.bytes(state, names: context.names) }
        for marker in markers {
            var marker = marker
            marker.position = Position(generation: EngineLog.generation, offset: log.records.last?.event.offset ?? -1)
            outcome.markers.append(EngineOutcome.spell(marker))
        }
        return outcome
    }
}

extension EngineLog {
    /// What the log must come to, whoever processes it.
    var expectedOutcome: EngineOutcome {
        switch topic {
        case .play: EngineModel<PlayState>.outcome(of: self)
        case .search: EngineModel<SearchState>.outcome(of: self)
        case .impression: EngineModel<ImpressionState>.outcome(of: self)
        case .feedback: EngineModel<FeedbackState>.outcome(of: self)
        case .quality: EngineModel<QualityState>.outcome(of: self)
        case .error: EngineModel<ErrorState>.outcome(of: self)
        case .experiment: EngineModel<ExperimentState>.outcome(of: self)
        default: EngineModel<AttributionState>.outcome(of: self)
        }
    }
}
