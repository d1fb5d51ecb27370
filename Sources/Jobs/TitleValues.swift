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
        /// Index into `slots`.
        var slot: Int
    }

    private var slots: [Slot] = []
    /// The place in `slots` of a title by its name's number; -1: none.
    private var places: [Int32] = []
    /// Places of titles that are to be asked for.
    private var asked: [Int] = []
    private var pending: [Pending] = []
    private var changed: [Int] = []
    private(set) var storedMarker: Position?

    init(stored: Position?) { storedMarker = stored }

    var changedCount: Int { changed.count }

    mutating func add(_ entry: OutboxEntry, to title: Name) {
        pending.append(Pending(offset: entry.offset, logTime: entry.appendTime, effect: entry.effect, slot: place(of: title)))
    }

    private mutating func place(of title: Name) -> Int {
        let number = Int(title.raw)
        if number >= places.count { places += repeatElement(-1, count: max(number + 1, 2 * places.count) - places.count) }
        if places[number] < 0 {
            places[number] = Int32(slots.count)
            asked.append(slots.count)
            slots.append(Slot(name: title))
        }
        return Int(places[number])
    }

    /// Titles of pending effects that are not in memory; each is asked for once.
    mutating func missing(names: borrowing NameTable) -> [MissingTitle] {
        var missing: [MissingTitle] = []
        for place in asked {
            let name = slots[place].name
            missing.append(MissingTitle(name: name, title: names.withBytes(name) { Array($0) }))
        }
        asked.removeAll(keepingCapacity: true)
        return missing
    }

    mutating func install(
        _ title: MissingTitle, value: UnsafeRawBufferPointer?, names: inout NameTable, start: EngineStart
    ) throws(StateError) {
        guard let value else { return }
        let index = place(of: title.name)
        slots[index].value = try TitleValue(from: value, names: &names)
        try start.check(slots[index].value.applied)
        slots[index].stored = slots[index].value.applied
        slots[index].settled = slots[index].value.applied.offset
    }

    /// Applies the pending effects in offset order; one that a value already holds is a redelivery and changes nothing.
    mutating func settle(generation: UInt64, names: borrowing NameTable) {
        for item in pending where item.offset > slots[item.slot].settled {
            slots[item.slot].value.state.apply(item.effect, logTime: item.logTime, names: names)
            slots[item.slot].value.applied = Position(generation: generation, offset: item.offset)
            if !slots[item.slot].isChanged {
                slots[item.slot].isChanged = true
                changed.append(item.slot)
            }
        }
        for item in pending { slots[item.slot].settled = max(slots[item.slot].settled, slots[item.slot].value.applied.offset) }
        pending.removeAll(keepingCapacity: true)
    }

    func collect(writer: inout StateWriter, names: borrowing NameTable, _ body: (TitleWrite) -> Void) {
        for index in changed {
            writer.removeAll()
            slots[index].value.encode(into: &writer, names: names)
            writer.withBytes { bytes in
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
        places.removeAll(keepingCapacity: true)
    }
}
