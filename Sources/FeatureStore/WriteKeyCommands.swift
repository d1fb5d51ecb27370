/// A batch taken apart into commands of one key each, for slots that move.
extension WriteBatch {
    /// The conditional write of one value; the server may not know the script, so its text goes along.
    func valueCommand(_ index: Int, slot: UInt16) -> KeyCommand {
        KeyCommand(slot: slot) { [self] commands in
            let write = writes[index]
            let value = write.start + write.keyCount
            commands.command("EVAL", argumentCount: 6)
            commands.argument(StoreScript.values.text)
            commands.argument(Int64(1))
            commands.argument(Array(bytes[write.start..<value]))
            commands.argument(write.expected)
            commands.argument(Array(bytes[value..<value + write.valueCount]))
            commands.argument(isTitle(write) ? 0 : write.number)
        }
    }

    /// Notes a title in the index of changed ones.
    func changeCommand(_ index: Int) -> KeyCommand {
        KeyCommand(slot: keys.slots[keys.slots.count - 1]) { [self] commands in
            let write = writes[index]
            commands.command("ZADD", argumentCount: 3)
            commands.argument(keys.changedTitles)
            commands.argument(write.number)
            commands.argument(Array(bytes[write.start + keys.titlePrefix.count..<write.start + write.keyCount]))
        }
    }

    /// What keeps a bucket's index of recently active viewers.
    func activityCommands(_ bucket: Int) -> [KeyCommand] {
        let slot = keys.slots[bucket]
        return [
            KeyCommand(slot: slot) { appendActiveViewers(bucket, to: &$0) },
            KeyCommand(slot: slot) { appendErasedViewers(bucket, to: &$0) },
            KeyCommand(slot: slot) { appendActivityBound(bucket, to: &$0) },
            KeyCommand(slot: slot) { appendActivityExpiry(bucket, to: &$0) },
        ]
    }
}
