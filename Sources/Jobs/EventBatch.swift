package import Events

/// The decoded records of one partition from one poll, in offset order; texts are slices of the poll's buffer.
package struct EventBatch: Sendable {
    /// One a record; of a record that could not be decoded only partition, offset and append time are set.
    package var events: [Event] = []
    /// The record keys: the identity of the viewer (DESIGN §4, key = user_id bytes).
    package var keys: [Slice] = []
    /// The record values, for dead letters.
    package var values: [Slice] = []
    /// Why a record cannot be used, found while decoding; nil for a good one.
    package var faults: [DeadLetterReason?] = []
    /// The definitions that the batch's `definitions_changed` records name and the engine does not have; nearly always none.
    package var definitions: [Definition] = []
    package init() {}

    package mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        faults.removeAll(keepingCapacity: true)
        definitions.removeAll()
    }
}

extension EventBatch {
    /// The definition that the `definitions_changed` record at `index` puts in force; nil where the one in force is not older.
    func successor(of version: Int64, at index: Int) -> Definition? {
        guard events[index].number > version else { return nil }
        return definitions.first { $0.version == events[index].number }
    }

    /// Adds a record; `fault` tells why it cannot be used.
    package mutating func append(_ event: Event, key: Slice, value: Slice, fault: DeadLetterReason?) {
        events.append(event)
        keys.append(key)
        values.append(value)
        faults.append(fault)
    }
}
