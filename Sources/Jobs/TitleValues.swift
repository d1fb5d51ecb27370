// hot path
import Features

/// The title values of one partition and topic in memory, and the effects on their way into them (DESIGN §6.4).
struct TitleValues {
    struct Slot {
        var name: Name
        var value = TitleValue()
        /// Effects up to this offset are in the value, those of the batch in hand not counted.
        var settled: Int64 = -1
        var stored: Position?
        var isChanged = false
    }

    private struct Pending {
        var offset: Int64
        var logTime: Int64
        var effect: Effect
        var title: Name
    }

    private var slots: [Slot] = []
    private var indices: [UInt32: Int] = [:]
    private var pending: [Pending] = []
    private var changed: [Int] = []
    private(set) var storedMarker: Position?

    init(stored: Position?) { storedMarker = stored }

    var changedCount: Int { changed.count }

    mutating func add(_ entry: OutboxEntry, to title: Name) {
        pending.append(Pending(offset: entry.offset, logTime: entry.appendTime, effect: entry.effect, title: title))
    }

    /// Titles of pending effects that are not in memory; each is asked for once.
    mutating func missing(names: borrowing NameTable) -> [MissingTitle] {
        var missing: [MissingTitle] = []
        for effect in pending where indices[effect.title.raw] == nil {
            indices[effect.title.raw] = slots.count
            slots.append(Slot(name: effect.title))
            missing.append(MissingTitle(name: effect.title, title: names.withBytes(effect.title) { Array($0) }))
        }
        return missing
    }

    mutating func install(
        _ title: Name, value: UnsafeRawBufferPointer?, names: inout NameTable, start: EngineStart
    ) throws(StateError) {
        guard let value, let index = indices[title.raw] else { return }
        slots[index].value = try TitleValue(from: value, names: &names)
        try start.check(slots[index].value.applied)
        slots[index].stored = slots[index].value.applied
        slots[index].settled = slots[index].value.applied.offset
    }

    /// Applies the pending effects in offset order; one that a value already holds is a redelivery and changes nothing.
    mutating func settle(generation: UInt64, names: borrowing NameTable) {
        for item in pending {
            guard let index = indices[item.title.raw], item.offset > slots[index].settled else { continue }
            slots[index].value.state.apply(item.effect, logTime: item.logTime, names: names)
            slots[index].value.applied = Position(generation: generation, offset: item.offset)
            if !slots[index].isChanged {
                slots[index].isChanged = true
                changed.append(index)
            }
        }
        for item in pending {
            guard let index = indices[item.title.raw] else { continue }
            slots[index].settled = max(slots[index].settled, slots[index].value.applied.offset)
        }
        pending.removeAll(keepingCapacity: true)
    }

    func collect(writer: inout StateWriter, names: borrowing NameTable, _ body: (TitleWrite) -> Void) {
        for index in changed {
            writer.removeAll()
            slots[index].value.encode(into: &writer, names: names)
            writer.bytes.withUnsafeBytes { bytes in
                names.withBytes(slots[index].name) { title in
                    body(
                        TitleWrite(
                            title: title, expected: slots[index].stored, value: bytes, offset: slots[index].value.applied.offset))
                }
            }
        }
    }

    mutating func committed(at position: Position) {
        for index in changed {
            slots[index].stored = slots[index].value.applied
            slots[index].isChanged = false
        }
        changed.removeAll(keepingCapacity: true)
        storedMarker = position
    }

    mutating func dropCache() {
        slots.removeAll(keepingCapacity: true)
        indices.removeAll(keepingCapacity: true)
    }
}
