// hot path
internal import Features

/// One call of a script: some writes of one group, whose keys stand in one slot of a cluster.
struct WriteCall {
    var script: StoreScript
    var members: ArraySlice<Int>
}

extension WriteBatch {
    /// The batch cut into calls. Titles are written in the order of their offsets and never cut between equal ones, so that whoever has
    /// read the index of changed titles up to an offset has missed nothing below it.
    func calls() -> [WriteCall] {
        var calls: [WriteCall] = []
        for members in membersByGroup {
            var rest = members[...]
            while !rest.isEmpty {
                calls.append(WriteCall(script: .values, members: rest.prefix(StoreScript.keyCountMax)))
                rest = rest.dropFirst(StoreScript.keyCountMax)
            }
        }
        var rest = titles.sorted { writes[$0].number < writes[$1].number }[...]
        while !rest.isEmpty {
            var count = min(StoreScript.keyCountMax, rest.count)
            while count < rest.count && number(rest, count) == number(rest, count - 1) { count += 1 }
            calls.append(WriteCall(script: .titles, members: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return calls
    }

    /// Appends the command of a call.
    func append(_ call: WriteCall, hash: [UInt8], to commands: inout CommandBuffer) {
        let isTitles = call.script == .titles
        let keyCount = call.members.count + (isTitles ? 1 : 0)
        commands.command("EVALSHA", argumentCount: 2 + keyCount + call.members.count * (isTitles ? 4 : 3))
        commands.argument(hash)
        commands.argument(Int64(keyCount))
        if isTitles { commands.argument(keys.changedTitles) }
        bytes.withUnsafeBytes { bytes in
            for index in call.members {
                let write = writes[index]
                commands.argument(slice(bytes, write.start, write.keyCount))
            }
            for index in call.members {
                let write = writes[index]
                commands.argument(write.expected)
                commands.argument(slice(bytes, write.start + write.keyCount, write.valueCount))
                commands.argument(write.number)
                if isTitles {
                    let prefix = keys.titlePrefix.count
                    commands.argument(slice(bytes, write.start + prefix, write.keyCount - prefix))
                }
            }
        }
    }

    /// The slot of all keys of a call.
    func slot(of call: WriteCall) -> UInt16 {
        guard let first = call.members.first else { preconditionFailure("a call writes something") }
        return keys.slots[Int(writes[first].group)]
    }

    /// Commands that `appendActivity` appends.
    static let activityCommandCount = 4

    /// Appends the commands that keep a bucket's index of recently active viewers: the newest are added, the oldest beyond the bound go.
    func appendActivity(_ bucket: Int, to commands: inout CommandBuffer) {
        appendActiveViewers(bucket, to: &commands)
        appendErasedViewers(bucket, to: &commands)
        appendActivityBound(bucket, to: &commands)
        appendActivityExpiry(bucket, to: &commands)
    }

    func appendActiveViewers(_ bucket: Int, to commands: inout CommandBuffer) {
        let activity = activityByBucket[bucket].filter { $0.at > 0 }
        guard !activity.isEmpty else { return appendNothing(bucket, to: &commands) }
        let newest =
            activity.count <= StoreConnection.activeCountMax
            ? activity[...] : activity.sorted { $0.at > $1.at }.prefix(StoreConnection.activeCountMax)
        let prefix = keys.userPrefixes[bucket].count
        commands.command("ZADD", argumentCount: 2 + newest.count * 2)
        commands.argument(keys.actives[bucket])
        commands.argument("GT")
        bytes.withUnsafeBytes { bytes in
            for entry in newest {
                let write = writes[entry.write]
                commands.argument(entry.at)
                commands.argument(slice(bytes, write.start + prefix, write.keyCount - prefix))
            }
        }
    }

    /// A command that changes nothing, so that a bucket has the same number of commands always.
    private func appendNothing(_ bucket: Int, to commands: inout CommandBuffer) {
        commands.command("ZREM", argumentCount: 2)
        commands.argument(keys.actives[bucket])
        commands.argument("")
    }

    func appendErasedViewers(_ bucket: Int, to commands: inout CommandBuffer) {
        let erased = activityByBucket[bucket].filter { $0.at < 0 }
        guard !erased.isEmpty else { return appendNothing(bucket, to: &commands) }
        let prefix = keys.userPrefixes[bucket].count
        commands.command("ZREM", argumentCount: 1 + erased.count)
        commands.argument(keys.actives[bucket])
        bytes.withUnsafeBytes { bytes in
            for entry in erased {
                let write = writes[entry.write]
                commands.argument(slice(bytes, write.start + prefix, write.keyCount - prefix))
            }
        }
    }

    func appendActivityBound(_ bucket: Int, to commands: inout CommandBuffer) {
        commands.command("ZREMRANGEBYRANK", argumentCount: 3)
        commands.argument(keys.actives[bucket])
        commands.argument(Int64(0))
        commands.argument(Int64(-1 - StoreConnection.activeCountMax))
    }

    func appendActivityExpiry(_ bucket: Int, to commands: inout CommandBuffer) {
        commands.command("PEXPIRE", argumentCount: 2)
        commands.argument(keys.actives[bucket])
        commands.argument(StoreConnection.activeKeptMilliseconds)
    }

    private func number(_ members: ArraySlice<Int>, _ offset: Int) -> Int64 { writes[members[members.startIndex + offset]].number }

    private func slice(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    }
}
