// hot path
import Events
import Features

/// What an archive has left of erased viewers' records, read and made (DESIGN §6.9).
extension PartitionProcessor {
    /// Counts what is left of a record as the record was counted, and gives its effects to the titles, which pass over those that they hold.
    /// It has no outbox: as no title marker is ahead of the title values, it is read again for as long as they need it. False where it is
    /// not what an engine leaves.
    mutating func count(residue event: Event, bytes: UnsafeRawBufferPointer) -> Bool {
        guard let outcome = ErasedResidue.Outcome(event.text, bytes: bytes), event.number >= 0,
            outcome != .applied || validate(event) == nil, readEffects(of: event, bytes: bytes)
        else { return false }
        let bucket = Int(event.number % Int64(markers.count))
        switch outcome {
        case .applied: countApplied(event, in: bucket)
        case .duplicate: count(event, in: bucket) { $0.duplicates += 1 }
        case .filtered: count(event, in: bucket) { $0.filtered += 1 }
        case .deadLettered: count(event, in: bucket) { $0.deadLettered += 1 }
        }
        for effect in context.effects {
            guard let title = effect.title else { continue }
            titles.add(OutboxEntry(offset: event.offset, appendTime: event.appendTime, effect: effect), to: title)
        }
        return true
    }

    /// Puts the residue's effects where an operator leaves its own.
    private mutating func readEffects(of event: Event, bytes: UnsafeRawBufferPointer) -> Bool {
        context.effects.removeAll(keepingCapacity: true)
        var reader = StateReader(UnsafeRawBufferPointer(rebasing: bytes[event.detail.range]))
        do throws(StateError) {
            while reader.remaining > 0 {
                let effect = try Effect(from: &reader, names: &context.names)
                guard effect.isCount else { return false }
                context.effects.append(effect)
            }
        } catch {
            return false
        }
        return true
    }

    /// What an archive tells with an erasure of the viewer's past; nil where that cannot be read.
    func past(of event: Event, _ bytes: UnsafeRawBufferPointer) -> ErasedPast? {
        try? ErasedPast(from: UnsafeRawBufferPointer(rebasing: bytes[event.detail.range]), offset: event.offset)
    }

    /// Takes over what the viewer's value would know had its events not been dropped by an archive.
    mutating func recall(_ past: ErasedPast, of user: Int) {
        slots[user].value.recentIDs = past.recentIDs
        slots[user].value.logTime = max(slots[user].value.logTime, past.logTime)
    }

    mutating func residue(of batch: EventBatch, bytes: UnsafeRawBufferPointer) -> ErasedResidue {
        precondition(batch.events.count == 1, "a residue is of one record")
        // Whoever is missing begins here.
        _ = missingUsers(of: batch, bytes: bytes)
        let bucket = bucket(of: batch.keys[0], bytes)
        let before = markers[bucket].ledger
        _ = process(batch, bytes: bytes)
        let after = markers[bucket].ledger
        var residue = ErasedResidue(outcome: .deadLettered, bucket: Int32(bucket), effects: [], past: [])
        if after.applied > before.applied { residue.outcome = .applied }
        if after.duplicates > before.duplicates { residue.outcome = .duplicate }
        if after.filtered > before.filtered { residue.outcome = .filtered }
        if case .user(let user) = sorted[0] { residue.predatesErasure = slots[user].value.state.predatesErasure(batch.events[0]) }
        if case .user(let user) = sorted[0], residue.outcome == .applied {
            slots[user].value.recentIDs.prune(marker: .max, logTime: Self.stepped(slots[user].value.logTime))
            residue.effects = encodedEffects(of: user)
            if batch.events[0].type == .userErased {
                residue.past = encodedPast(of: user, at: batch.events[0].offset)
                residue.sourceOffsets = slots[user].value.state.erasedSourceOffsets
            }
            slots[user].value.outbox.removeAll(keepingCapacity: true)
        }
        titles = TitleValues(stored: nil)
        emissions.removeAll(keepingCapacity: true)
        erasures.removeAll(keepingCapacity: true)
        return residue
    }

    private mutating func encodedEffects(of user: Int) -> [UInt8] {
        writer.removeAll()
        for entry in slots[user].value.outbox where entry.effect.title != nil {
            entry.effect.encode(into: &writer, names: context.names)
        }
        return writer.bytes
    }

    /// Without the erasure's own id, which it brings along.
    private mutating func encodedPast(of user: Int, at offset: Int64) -> [UInt8] {
        var ids = slots[user].value.recentIDs
        ids.entries.removeAll { $0.offset >= offset }
        writer.removeAll()
        ErasedPast(logTime: slots[user].value.logTime, recentIDs: ids).encode(into: &writer, offset: offset)
        return writer.bytes
    }
}

extension Effect {
    /// True for a change of a title that an operator can have made: whatever else comes by the log must not make a sum overflow.
    fileprivate var isCount: Bool {
        switch self {
        case .played(_, _, let at), .shown(_, _, let at), .failed(_, _, let at): (0..<timestampMax).contains(at)
        case .followed(_, _, let weight, let at): (0..<timestampMax).contains(at) && (0...1000).contains(weight)
        case .credited(_, _, _, _, let exposed, let won): (-1...1).contains(exposed) && (-1...1).contains(won)
        case .forward, .signal: false
        }
    }
}
