// hot path

/// One step from a writer's bytes to an `Event`; a writer's schema is compiled to a run of them.
struct DecodeStep: BitwiseCopyable {
    enum Action: UInt8 {
        /// Reads and keeps.
        case eventID, text, bytes, int, long, microseconds, float, double, longAsDouble, boolean, textList, intList, longList
        /// Notes which type the event says it is (for a writer's record of another name).
        case eventType
        /// Sets the slot to absent.
        case absent
        /// Passes over bytes: a varint, a text with its length, `argument` bytes.
        case skipLong, skipText, skipBytes
        /// The items of an array or map: the next `argument` steps, once an item.
        case loop
        /// Reads a union's branch; behind it stand `argument` jumps, one a branch.
        case branch
        /// Goes on at the step `argument`.
        case jump
        /// The value has no place in our schema.
        case refuse
    }
    var action: Action
    var slot = FieldSlot.none
    var rule = FieldRule.free
    var argument: Int32 = 0
}
