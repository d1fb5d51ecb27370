// hot path
package import Events
package import Features

/// The attribution job: joins impressions of a test's artworks with qualified plays of its title (DESIGN §6.8, §9).
///
/// A viewer is exposed where the assigned variant was shown, and has won where a qualified play began within the attribution window after
/// such an impression. Until the assignment arrives, the variant first seen stands for it. Credit is computed afresh from the evidence
/// after each event; what differs from the credit given becomes `credited` effects. Credit outlives the evidence.
///
/// The jobs that forward may lag, so that an erasure arrives before what was done before it: it tells how far it stood on their topics, and
/// what comes of records up to there is no evidence.
extension AttributionState: TopicOperator {
    package mutating func apply(
        _ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext
    ) -> DeadLetterReason? {
        guard event.type.topic == .attribution else { return .wrongTopic }
        guard let test = context.requiredID(event.text, bytes), let variant = context.id(event.detail, bytes),
            let segment = context.id(event.segment, bytes), event.type == .attributionPlay || !variant.isNone
        else { return .badValue }
        if predatesErasure(event) { return nil }
        let place = evidence(of: test)
        switch event.type {
        case .attributionImpression: tests[place].show(variant, at: event.timestamp)
        case .attributionPlay: insert(event.timestamp, into: &tests[place].plays, countMax: AttributionState.playCountMax) { $0 }
        default: tests[place].assign(variant, segment: segment)
        }
        tests[place].credit(in: &context)
        asOf = max(asOf, event.timestamp)
        return nil
    }

    /// Of two erasures under way at a time the older may come last: what either tells holds.
    package init(_ features: AttributionState, erasedBy event: Event, bytes: UnsafeRawBufferPointer) {
        self.init()
        erasedUpTo = features.erasedUpTo
        var offsets = EncodedList(event.list, bytes)
        guard let impression = offsets.nextNumber() else { return }
        let before = features.erasedUpTo ?? SourceOffsets(impression: -1, play: -1, experiment: -1)
        erasedUpTo = SourceOffsets(
            impression: max(impression, before.impression), play: max(offsets.nextNumber() ?? -1, before.play),
            experiment: max(offsets.nextNumber() ?? -1, before.experiment))
    }

    package func predatesErasure(_ event: Event) -> Bool {
        guard let erasedUpTo, event.number >= 0 else { return false }
        return switch event.type {
        case .attributionImpression: event.number <= erasedUpTo.impression
        case .attributionPlay: event.number <= erasedUpTo.play
        case .attributionAssignment: event.number <= erasedUpTo.experiment
        default: false
        }
    }

    package var erasedSourceOffsets: [Int64] { erasedUpTo.map { [$0.impression, $0.play, $0.experiment] } ?? [] }

    package mutating func expire(logTime: Int64) {
        for place in tests.indices {
            tests[place].impressions.removeAll { logTime - $0.at > Retention.evidenceMilliseconds }
            tests[place].plays.removeAll { logTime - $0 > Retention.evidenceMilliseconds }
        }
        tests.removeAll { $0.isEmpty }
    }

    /// Where the evidence of a test stands; the oldest test goes where there are too many.
    private mutating func evidence(of test: Name) -> Int {
        if let place = tests.firstIndex(where: { $0.test == test }) { return place }
        if tests.count >= AttributionState.testCountMax { tests.removeFirst() }
        tests.append(TestEvidence(test: test))
        return tests.count - 1
    }
}

extension TestEvidence {
    fileprivate var isEmpty: Bool { variant.isNone && impressions.isEmpty && plays.isEmpty && !counted.exposed }

    fileprivate mutating func show(_ variant: Name, at: Int64) {
        insert(
            VariantImpression(variant: variant, at: at), into: &impressions, countMax: AttributionState.impressionCountMax
        ) { $0.at }
    }

    /// The first assignment stands.
    fileprivate mutating func assign(_ variant: Name, segment: Name) {
        guard self.variant.isNone else { return }
        self.variant = variant
        self.segment = segment
    }

    /// Settles the difference between the credit due and the credit given; a test that the settings do not have waits.
    fileprivate mutating func credit(in context: inout JobContext) {
        context.prepareTests()
        guard let title = context.tests?.first(where: { $0.test == test })?.title else { return }
        let due = creditDue(windowMilliseconds: context.settings.attributionWindowMilliseconds)
        if due == counted { return }
        if due.variant == counted.variant && due.segment == counted.segment {
            let exposed = count(due.exposed) - count(counted.exposed)
            context.effects.append(change(title, due, exposed: exposed, won: count(due.won) - count(counted.won)))
        } else {
            if counted.exposed {
                context.effects.append(change(title, counted, exposed: -1, won: -count(counted.won)))
            }
            if due.exposed {
                context.effects.append(change(title, due, exposed: 1, won: count(due.won)))
            }
        }
        counted = due
    }

    private func creditDue(windowMilliseconds: Int64) -> Credit {
        var due = Credit()
        due.variant = !variant.isNone ? variant : counted.exposed ? counted.variant : impressions.first?.variant ?? .none
        due.segment = segment
        let isSame = due.variant == counted.variant
        due.exposed = isSame && counted.exposed
        due.won = isSame && counted.won
        for impression in impressions where impression.variant == due.variant {
            due.exposed = true
            for play in plays where play >= impression.at && play - impression.at <= windowMilliseconds { due.won = true }
        }
        return due
    }

    private func change(_ title: Name, _ credit: Credit, exposed: Int64, won: Int64) -> Effect {
        .credited(title: title, test: test, variant: credit.variant, segment: credit.segment, exposed: exposed, won: won)
    }

    private func count(_ flag: Bool) -> Int64 { flag ? 1 : 0 }
}
