import Events
import Features
internal import Glibc

/// What the engine of one partition does, for a topic's state. One thread owns it; its state is plain (STYLE rule 14).
struct PartitionProcessor<State: TopicOperator>: ~Copyable {
    /// How one record of the batch in hand was sorted.
    enum Sorted {
        case fault(DeadLetterReason)
        case filtered
        case user(Int)
        /// A change of the definition.
        case definition
        /// What is left of a record of an erased viewer.
        case residue
    }

    /// A viewer in memory.
    struct UserSlot {
        var value = UserValue<State>()
        /// Position of the value in the store that ours is based on; nil: none is there.
        var stored: Position?
        var bucket: Int32 = 0
        var isLoaded = false
        var isChanged = false
        /// Events since the last commit.
        var uncommittedCount = 0
    }

    /// Up to this offset all effects are in stored title values; no record up to there was appended after the log time.
    struct Settlement {
        var offset: Int64
        var logTime: Int64
        /// By the worker's clock, milliseconds.
        var storedAt: Int64
    }

    /// A redelivery after a crash reaches back to the last commit, and must find each event applied since among the ids that the value
    /// keeps: from so many on a commit must not wait, so that values stay small.
    static var uncommittedCountMax: Int { 64 }
    /// Outbox entries stay for this long of log time after they were settled (DESIGN §6.4).
    static var outboxKeptMilliseconds: Int64 { 60_000 }
    /// And for this long by the worker's clock where titles' values stand on other servers, of which a replica may lag so far, or where another
    /// namespace emits, whose place this one may take. A minute of log time is a moment to a job that catches up.
    static var outboxKeptClockMilliseconds: Int64 { 10_000 }
    /// Outbox entries in memory from which on all viewers let go of what the floor has passed, not only those with new events.
    static var outboxSweptCount: Int { 16_384 }
    /// State expires in steps of log time, so that what is kept does not depend on when a commit happened.
    static var expiryStepMilliseconds: Int64 { 300_000 }

    let start: EngineStart
    /// The definition in force where processing has come to; the filter is the one where sorting has come to.
    var definition: Definition
    var filter: TrafficFilter
    var context: JobContext
    var users = NameTable(capacity: 4096)
    /// By the viewer's number in `users`; entry 0 is unused.
    var slots: [UserSlot] = [UserSlot()]
    var changedUsers: [Int] = []
    /// Erasures since the last commit, whose viewers' outboxes must be empty before a marker passes them.
    var erasures: [(user: Int, offset: Int64)] = []
    var sorted: [Sorted] = []
    var markers: [Marker]
    var storedMarkers: [Position?]
    var titles: TitleValues
    var emissions: [Emission] = []
    var writer = StateWriter()
    var mustCommit = false
    /// Outbox entries of all viewers in memory.
    var outboxCount = 0
    /// A viewer's outbox has come to its bound since the last commit with titles: it lets go of what is settled, however young.
    var isOutboxFull = false
    /// The buckets' floors when outboxes were swept last.
    var sweptFloors: [Int64] = []
    /// Oldest first.
    var settlements: [Settlement] = []
    /// The worker's clock at the last commit.
    var clock: Int64 = 0
    /// The newest record seen: every bucket's marker moves there with the next commit.
    var reached: Position

    init(_ start: EngineStart) {
        self.start = start
        definition = start.definition
        filter = TrafficFilter(prefixes: start.definition.settings.filteredPrefixes)
        context = JobContext(settings: start.definition.settings, catalog: start.definition.catalog)
        markers = start.markers.map { $0 ?? Marker() }
        storedMarkers = start.markers.map { $0?.position }
        titles = TitleValues(stored: start.titleMarker)
        reached = Position(generation: start.generation, offset: start.resumeOffset - 1)
    }

    /// Reads or changes a viewer's slot where it is: a property or method of a part, asked for through the array, copies the whole.
    @inline(__always)
    mutating func withSlot<Result>(_ user: Int, _ body: (inout UserSlot) -> Result) -> Result { body(&slots[user]) }

    // MARK: Sorting

    mutating func missingUsers(of batch: EventBatch, bytes: UnsafeRawBufferPointer) -> [MissingUser] {
        sorted.removeAll(keepingCapacity: true)
        var version = definition.version
        var missing: [MissingUser] = []
        for index in batch.events.indices {
            let event = batch.events[index]
            if case .definitionsChanged = event.type, batch.faults[index] == nil {
                if let next = batch.successor(of: version, at: index) {
                    version = next.version
                    filter = TrafficFilter(prefixes: next.settings.filteredPrefixes)
                }
                sorted.append(.definition)
            } else if case .erasedResidue = event.type, batch.faults[index] == nil {
                sorted.append(.residue)
            } else if let reason = batch.faults[index] ?? fault(event, key: batch.keys[index], bytes: bytes) {
                sorted.append(.fault(reason))
            } else if isFiltered(event, key: batch.keys[index], bytes: bytes) {
                sorted.append(.filtered)
            } else {
                let user = slot(of: UnsafeRawBufferPointer(rebasing: bytes[batch.keys[index].range]))
                sorted.append(.user(user))
                if !slots[user].isLoaded {
                    slots[user].isLoaded = true
                    let bucket = Bucket(partition: start.partition, index: slots[user].bucket)
                    missing.append(MissingUser(index: user, bucket: bucket, user: Array(bytes[batch.keys[index].range])))
                }
            }
        }
        return missing
    }

    mutating func install(_ user: MissingUser, value: UnsafeRawBufferPointer?) throws(StateError) {
        guard let value else { return }
        slots[user.index].value = try UserValue(from: value, names: &context.names)
        try start.check(slots[user.index].value.applied)
        slots[user.index].stored = slots[user.index].value.applied
        outboxCount += slots[user.index].value.outbox.count
    }

    /// A record that its bucket's marker has passed is a redelivery, whatever was filtered then: the definition of that time may be another.
    /// An erasure is never filtered: by an earlier definition the viewer may have features.
    private func isFiltered(_ event: Event, key: Slice, bytes: UnsafeRawBufferPointer) -> Bool {
        event.type != .userErased && filter.matches(event, bytes: bytes)
            && event.offset > markers[bucket(of: key, bytes)].position.offset
    }

    private func fault(_ event: Event, key: Slice, bytes: UnsafeRawBufferPointer) -> DeadLetterReason? {
        if let reason = validate(event) { return reason }
        if key.isEmpty { return .badValue }
        if event.type.topic != start.topic && event.type != .userErased { return .wrongTopic }
        return equal(key, event.user, bytes) ? nil : .keyMismatch
    }

    private func equal(_ a: Slice, _ b: Slice, _ bytes: UnsafeRawBufferPointer) -> Bool {
        a.count == b.count && memcmp(bytes.baseAddress! + a.range.lowerBound, bytes.baseAddress! + b.range.lowerBound, Int(a.count)) == 0
    }

    private mutating func slot(of user: UnsafeRawBufferPointer) -> Int {
        let number = Int(users.intern(user).raw)
        if number == slots.count {
            var slot = UserSlot()
            slot.bucket = start.bucketIndex(of: user)
            slots.append(slot)
        }
        return number
    }

    // MARK: Applying

    mutating func process(_ batch: EventBatch, bytes: UnsafeRawBufferPointer) -> [MissingTitle] {
        for index in batch.events.indices {
            let event = batch.events[index]
            switch sorted[index] {
            case .user(let user):
                apply(event, to: user, value: batch.values[index], bytes: bytes)
            case .definition:
                if let next = batch.successor(of: definition.version, at: index) {
                    definition = next
                    context.take(next)
                }
                count(event, in: bucket(of: batch.keys[index], bytes)) { $0.applied += 1 }
            case .filtered:
                count(event, in: bucket(of: batch.keys[index], bytes)) { $0.filtered += 1 }
            case .fault(let reason):
                let bucket = bucket(of: batch.keys[index], bytes)
                reject(event, in: bucket, key: batch.keys[index], value: batch.values[index], bytes: bytes, reason: reason)
            case .residue:
                if count(residue: event, bytes: bytes) { break }
                let bucket = bucket(of: batch.keys[index], bytes)
                reject(event, in: bucket, key: batch.keys[index], value: batch.values[index], bytes: bytes, reason: .undecodable)
            }
            reached.offset = event.offset
        }
        return titles.missing(names: context.names)
    }

    /// DESIGN §6.3: redelivery, duplicate, or a new event. One that the operator refuses is a dead letter each time it comes.
    private mutating func apply(_ event: Event, to user: Int, value: Slice, bytes: UnsafeRawBufferPointer) {
        let bucket = Int(slots[user].bucket)
        if event.offset <= max(slots[user].value.applied.offset, markers[bucket].position.offset) {
            redeliver(event, to: user, value: value, bytes: bytes)
            return
        }
        if event.type == .userErased, !event.detail.isEmpty {
            guard let past = past(of: event, bytes) else {
                reject(event, in: bucket, key: event.user, value: value, bytes: bytes, reason: .undecodable)
                return
            }
            recall(past, of: user)
        }
        let fingerprint = RecentIDs.fingerprint(high: event.id.high, low: event.id.low)
        let (isKnown, endsAt) = withSlot(user) { slot in
            let logTime = Self.stepped(max(slot.value.logTime, event.appendTime))
            return (slot.value.recentIDs.holds(fingerprint, logTime: logTime), slot.value.endsAt)
        }
        if isKnown {
            countUnapplied(event, in: bucket, value: value, bytes: bytes)
            return
        }
        context.effects.removeAll(keepingCapacity: true)
        let isAnew = event.appendTime > endsAt
        if event.type == .userErased {
            slots[user].value.isErased = true
            slots[user].value.state = State(isAnew ? State() : slots[user].value.state, erasedBy: event, bytes: bytes)
            erasures.append((user, event.offset))
        } else if let reason = isAnew ? begin(event, user, bytes) : slots[user].value.state.apply(event, bytes: bytes, in: &context) {
            reject(event, in: bucket, key: event.user, value: value, bytes: bytes, reason: reason)
            return
        } else {
            withSlot(user) { slot in if slot.value.isErased, !slot.value.state.predatesErasure(event) { slot.value.isErased = false } }
        }
        if !isAnew { expire(user, logTime: event.appendTime) }
        record(event, fingerprint: fingerprint, user: user)
        countApplied(event, in: bucket)
    }

    /// The time of the viewer's value is over, or nothing was known: the features are those of this event alone (DESIGN §6.7). The store must
    /// not decide that: whether it has let go of a value depends on when a job comes to ask.
    private mutating func begin(_ event: Event, _ user: Int, _ bytes: UnsafeRawBufferPointer) -> DeadLetterReason? {
        var state = State()
        let reason = state.apply(event, bytes: bytes, in: &context)
        if reason == nil { slots[user].value.state = state }
        return reason
    }

    /// The value, or the bucket's marker, has come past the event: its outbox entries are emitted again, nothing else, or the dead letter
    /// that it was. It is counted where the ledger lacks it.
    private mutating func redeliver(_ event: Event, to user: Int, value: Slice, bytes: UnsafeRawBufferPointer) {
        let bucket = Int(slots[user].bucket)
        if event.offset > markers[bucket].position.offset {
            if slots[user].value.recentIDs.holds(offset: event.offset) {
                countApplied(event, in: bucket)
            } else {
                countUnapplied(event, in: bucket, value: value, bytes: bytes)
            }
        } else if let emitted = start.emittedUpTo, event.offset > emitted, !filter.matches(event, bytes: bytes) {
            countUnapplied(event, in: bucket, value: value, bytes: bytes)
        }
        if event.type == .userErased, refusal(event, bytes) == nil { erasures.append((user, event.offset)) }
        var index = 0
        for entry in slots[user].value.outbox where entry.offset == event.offset {
            emit(entry, index: index, user: user)
            index += 1
        }
    }

    private mutating func record(_ event: Event, fingerprint: UInt64, user: Int) {
        let applied = Position(generation: start.generation, offset: event.offset)
        withSlot(user) { slot in
            slot.value.applied = applied
            slot.value.logTime = max(slot.value.logTime, event.appendTime)
            slot.value.recentIDs.keep(fingerprint, offset: event.offset, appendTime: event.appendTime)
        }
        for index in context.effects.indices {
            let entry = OutboxEntry(offset: event.offset, appendTime: event.appendTime, effect: context.effects[index])
            slots[user].value.outbox.append(entry)
            emit(entry, index: index, user: user)
        }
        let (isFirst, count, outbox) = withSlot(user) { slot in
            defer { slot.isChanged = true }
            slot.uncommittedCount += 1
            return (!slot.isChanged, slot.uncommittedCount, slot.value.outbox.count)
        }
        outboxCount += context.effects.count
        if outbox > start.outboxCountMax { isOutboxFull = true }
        if isFirst { changedUsers.append(user) }
        if count >= Self.uncommittedCountMax { mustCommit = true }
    }

    /// Only with an event that was applied, and after it: a refused one must leave nothing behind, expiry included.
    private mutating func expire(_ user: Int, logTime: Int64) {
        guard slots[user].value.logTime > 0, Self.stepped(logTime) > Self.stepped(slots[user].value.logTime) else { return }
        slots[user].value.state.expire(logTime: Self.stepped(logTime))
    }

    static func stepped(_ logTime: Int64) -> Int64 { logTime / Self.expiryStepMilliseconds * Self.expiryStepMilliseconds }

    // MARK: Counting

    /// A dead letter where the operator refuses the event, which depends on the event alone; otherwise a duplicate.
    private mutating func countUnapplied(_ event: Event, in bucket: Int, value: Slice, bytes: UnsafeRawBufferPointer) {
        if let reason = refusal(event, bytes) {
            reject(event, in: bucket, key: event.user, value: value, bytes: bytes, reason: reason)
        } else {
            count(event, in: bucket) { $0.duplicates += 1 }
        }
    }

    /// Why nobody's value would take the event.
    private mutating func refusal(_ event: Event, _ bytes: UnsafeRawBufferPointer) -> DeadLetterReason? {
        if event.type == .userErased { return event.detail.isEmpty || past(of: event, bytes) != nil ? nil : .undecodable }
        var nobody = State()
        return nobody.apply(event, bytes: bytes, in: &context)
    }

    mutating func countApplied(_ event: Event, in bucket: Int) {
        guard event.offset > markers[bucket].position.offset else { return }
        count(event, in: bucket) { $0.applied += 1 }
        markers[bucket].asOf = max(markers[bucket].asOf, event.timestamp)
    }

    private mutating func reject(
        _ event: Event, in bucket: Int, key: Slice, value: Slice, bytes: UnsafeRawBufferPointer, reason: DeadLetterReason
    ) {
        count(event, in: bucket) { $0.deadLettered += 1 }
        guard event.offset > min(markers[bucket].position.offset, start.emittedUpTo ?? .max) else { return }
        emissions.append(
            .deadLetter(user: Array(bytes[key.range]), offset: event.offset, reason: reason, value: Array(bytes[value.range])))
    }

    func bucket(of key: Slice, _ bytes: UnsafeRawBufferPointer) -> Int {
        Int(start.bucketIndex(of: UnsafeRawBufferPointer(rebasing: bytes[key.range])))
    }

    /// Counts what the ledger of the bucket does not hold yet.
    @inline(__always)
    mutating func count(_ event: Event, in bucket: Int, _ add: (inout Ledger) -> Void) {
        guard event.offset > markers[bucket].position.offset else { return }
        markers[bucket].ledger.received += 1
        add(&markers[bucket].ledger)
        if event.appendTime < timestampMax { markers[bucket].logTime = max(markers[bucket].logTime, event.appendTime) }
    }

    /// Sends an outbox entry on its way: into the title values, or to the worker.
    private mutating func emit(_ entry: OutboxEntry, index: Int, user: Int) {
        switch entry.effect {
        case .forward(let forward):
            emissions.append(spell(forward, offset: entry.offset, index: index, user: user))
        case .signal(let session, let rung, let bitrate, let empties, let reason, let at):
            emissions.append(
                .signal(
                    session: context.names.text(session), offset: entry.offset, rung: rung, bitrateKbps: bitrate,
                    emptiesInMilliseconds: empties, reason: reason, at: at))
        case .played(let title, _, _), .shown(let title, _, _), .failed(let title, _, _): titles.add(entry, to: title)
        case .followed(let title, _, _, _), .credited(let title, _, _, _, _, _): titles.add(entry, to: title)
        }
    }

    private func spell(_ forward: AttributionForward, offset: Int64, index: Int, user: Int) -> Emission {
        let user = users.withBytes(Name(raw: UInt32(user))) { Array($0) }
        func text(_ name: Name) -> String { context.names.text(name) }
        return switch forward {
        case .impression(let test, let variant, let at):
            .forward(
                user: user, offset: offset, index: index, kind: .impression, test: text(test), variant: text(variant), segment: "", at: at)
        case .play(let test, let at):
            .forward(user: user, offset: offset, index: index, kind: .play, test: text(test), variant: "", segment: "", at: at)
        case .assignment(let test, let variant, let segment, let at):
            .forward(
                user: user, offset: offset, index: index, kind: .assignment, test: text(test), variant: text(variant),
                segment: text(segment), at: at)
        }
    }
}
