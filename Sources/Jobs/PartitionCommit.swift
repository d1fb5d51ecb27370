// hot path
import Events
import Features

/// What a partition's engine gives its worker to write, and what it does once that is safe.
extension PartitionProcessor {
    /// Never behind the title marker that is stored: an engine that began at a lower bucket's marker has yet to come there.
    var titlePosition: Position {
        guard let stored = titles.storedMarker, stored.offset > reached.offset else { return reached }
        return stored
    }

    mutating func install(_ title: MissingTitle, value: UnsafeRawBufferPointer?) throws(StateError) {
        try titles.install(title, value: value, names: &context.names, start: start)
    }

    mutating func settleTitles() { titles.settle(generation: start.generation, names: context.names) }

    mutating func collectUsers(_ body: (UserWrite) -> Void) {
        for user in changedUsers {
            let bucket = Int(slots[user].bucket)
            let (floor, marker) = (markers[bucket].outboxFloor, markers[bucket].position.offset)
            pruneOutbox(user, floor: floor)
            let expected = withSlot(user) { slot in
                slot.value.recentIDs.prune(marker: marker, logTime: Self.stepped(slot.value.logTime))
                return slot.stored
            }
            write(user, expected: expected, body)
        }
    }

    private mutating func write(_ user: Int, expected: Position?, _ body: (UserWrite) -> Void) {
        writer.removeAll()
        // In place: a method of a part, asked for through the array, copies the whole.
        slots.withUnsafeBufferPointer { $0[user].value.encode(into: &writer, names: context.names) }
        let (bucket, expiresAt, asOf, isErased) = withSlot(user) { slot in
            (slot.bucket, slot.value.expiresAt, slot.value.state.asOf, slot.value.isErased)
        }
        writer.withBytes { bytes in
            users.withBytes(Name(raw: UInt32(user))) { name in
                body(
                    UserWrite(
                        bucket: Bucket(partition: start.partition, index: bucket), user: name, expected: expected, value: bytes,
                        expiresAt: expiresAt, asOf: asOf, isErased: isErased))
            }
        }
    }

    /// An erasure waits for the title values; so does a full outbox, where nothing but them keeps it.
    var mustCommitTitles: Bool { !erasures.isEmpty || (isOutboxFull && !start.isSpread && !start.isFed) }

    /// An erased viewer's outbox names titles, so it does not wait for the floor: it goes as soon as the title values that are stored hold
    /// its effects. A store that comes back with a prefix of its past then has them, too (DESIGN §6.9). It goes where a namespace is only fed as
    /// well: one that takes over before the other has emitted what came of it forwards nothing of a viewer who is gone.
    mutating func collectErasures(_ body: (UserWrite) -> Void) {
        for (user, offset) in erasures where !start.isSpread && slots[user].value.outbox.contains(where: { $0.offset <= offset }) {
            let count = slots[user].value.outbox.count
            slots[user].value.outbox.removeAll { $0.offset <= offset }
            outboxCount -= count - slots[user].value.outbox.count
            write(user, expected: slots[user].value.applied, body)
        }
    }

    /// Entries go up to the floor that the bucket's stored marker tells: whoever finds them gone finds the floor, too.
    private mutating func pruneOutbox(_ user: Int, floor: Int64) {
        outboxCount -= withSlot(user) { slot in
            var dropped = 0
            while dropped < slot.value.outbox.count, slot.value.outbox[dropped].offset <= floor { dropped += 1 }
            if dropped > 0 { slot.value.outbox.removeFirst(dropped) }
            return dropped
        }
    }

    /// A viewer who does not come back would hold in memory what the floor has passed; what is stored goes with the next write.
    private mutating func sweepOutboxes() {
        let floors = markers.map(\.outboxFloor)
        if floors == sweptFloors { return }
        sweptFloors = floors
        for user in slots.indices.dropFirst() {
            pruneOutbox(user, floor: floors[Int(slots[user].bucket)])
            if slots[user].value.outbox.isEmpty { slots[user].value.outbox = [] }
        }
    }

    /// The offset up to which all effects are in stored title values and older than a minute of log time; the next commit prunes there.
    ///
    /// The minute is a margin, and is given up where entries come faster than a bound allows: while a job catches up, a moment may bring the
    /// events of hours. Ten seconds of the clock are none, where they are asked for: on several servers, until replicas have the title values,
    /// and in a namespace that is only fed, which may come to serve and then emits what the other one has not.
    private var floorDue: Int64 {
        let isPressed = isOutboxFull || outboxCount > Self.outboxSweptCount
        let oldest = isPressed ? .max : logTime - Self.outboxKeptMilliseconds
        let newest = start.isSpread || start.isFed ? clock - Self.outboxKeptClockMilliseconds : .max
        return settlements.last { $0.logTime < oldest && $0.storedAt <= newest }?.offset ?? -1
    }

    private var logTime: Int64 { markers.reduce(0) { max($0, $1.logTime) } }

    /// Remembers that title values are stored up to a position; of settlements within a second the last one stands for all.
    private mutating func settled(at position: Position) {
        let floor = floorDue
        settlements.removeAll { $0.offset < floor }
        let now = logTime
        if settlements.count > 1, now - settlements[settlements.count - 2].logTime < 1000 { settlements.removeLast() }
        settlements.append(Settlement(offset: position.offset, logTime: now, storedAt: clock))
    }

    mutating func takeEmissions() -> [Emission] {
        defer { emissions.removeAll(keepingCapacity: true) }
        return emissions
    }

    mutating func collectTitles(_ body: (TitleWrite) -> Void) {
        titles.collect(writer: &writer, names: context.names, body)
    }

    func collectMarkers(_ body: (_ bucket: Bucket, _ marker: Marker, _ expected: Position?) -> Void) {
        for index in markers.indices where hasMoved(index) {
            body(Bucket(partition: start.partition, index: Int32(index)), moved(markers[index], index), storedMarkers[index])
        }
    }

    /// A bucket whose marker is ahead (a crash came between the markers) keeps it until the records have come there: its ledger counts them.
    /// One that moved while another namespace served is written once more when all up to it has been emitted here, and one that was written
    /// elsewhere in a cluster, or in another life of it, to say that its values came so far.
    private func hasMoved(_ index: Int) -> Bool {
        guard let stored = storedMarkers[index] else { return true }
        if stored.offset == reached.offset {
            return (start.emits && !markers[index].isEmitted) || markers[index].home != start.home(index)
        }
        return stored.offset < reached.offset
    }

    private func moved(_ marker: Marker, _ bucket: Int) -> Marker {
        var marker = marker
        marker.position = reached
        marker.outboxFloor = max(marker.outboxFloor, floorDue)
        marker.definitionVersion = definition.version
        marker.isEmitted = start.emits
        marker.home = start.home(bucket)
        return marker
    }

    mutating func committed(titles withTitles: Bool, at now: Int64) {
        for user in changedUsers {
            withSlot(user) { slot in
                slot.stored = slot.value.applied
                slot.isChanged = false
                slot.uncommittedCount = 0
            }
        }
        changedUsers.removeAll(keepingCapacity: true)
        erasures.removeAll()
        for index in markers.indices where hasMoved(index) {
            markers[index] = moved(markers[index], index)
            storedMarkers[index] = reached
        }
        clock = now
        if withTitles {
            titles.committed(at: titlePosition)
            settled(at: titlePosition)
            isOutboxFull = false
            if outboxCount > Self.outboxSweptCount { sweepOutboxes() }
        }
        mustCommit = false
    }

    var summary: Marker {
        var sum = Marker()
        sum.position = reached
        sum.definitionVersion = definition.version
        for marker in markers {
            sum.ledger = sum.ledger + marker.ledger
            sum.outboxFloor = max(sum.outboxFloor, marker.outboxFloor)
            sum.logTime = max(sum.logTime, marker.logTime)
            sum.asOf = max(sum.asOf, marker.asOf)
        }
        return sum
    }

    mutating func dropCache() {
        precondition(changedUsers.isEmpty && erasures.isEmpty && titles.changedCount == 0, "drop the cache only after a commit with titles")
        users = NameTable(capacity: 4096)
        slots = [UserSlot()]
        outboxCount = 0
        titles.dropCache()
        context.dropNames()
    }
}
