/// A job's connection to the feature store: blocking, owned by one thread. After a failure of the connection it is of no more use:
/// the owner makes another, drops what it has cached and resumes from the markers (DESIGN §6.6).
///
/// In a cluster it leads to every master, and breaks as a whole: whatever changes the slot map (MOVED, a failover, a node that is lost) ends
/// it. Only while a slot moves does it go on, key by key. What that promises, and what it cannot, says `commit`.
package final class StoreConnection {
    /// Recently active viewers kept for a bucket, and for how long after the last activity in it.
    package static let activeCountMax = 1000
    package static let activeKeptMilliseconds: Int64 = 30 * 86_400_000
    /// Calls whose replies are awaited together by `load`: bounds what waits in buffers on both sides.
    private static let loadCallCountMax = 16

    let nodes: StoreNodes
    /// By script.
    private var hashes: [[UInt8]] = []

    private struct LoadCall {
        /// The number of its batch, and that of the batch's first key among those of all.
        var batch: Int
        var first: Int
        var slot: UInt16
        var members: ArraySlice<Int>
        var place = StoreNodes.Place(node: 0, index: 0)
    }

    /// Connects and loads the scripts. The timeout holds for connecting and for every single wait.
    package init(_ address: StoreAddress, timeoutMilliseconds: Int = 5000) throws(StoreError) {
        nodes = try StoreNodes(address, timeoutMilliseconds: timeoutMilliseconds)
        try loadScripts(0)
    }

    /// True once the connection has failed.
    package var isBroken: Bool { nodes.isBroken }

    /// Reads the values of all keys of the batch into `values`, in the batch's order.
    package func load(_ batch: KeyBatch, into values: inout LoadedValues) throws(StoreError) { try load([batch], into: &values) }

    /// The same of several batches, in their order; they share their round trips.
    package func load(_ batches: [KeyBatch], into values: inout LoadedValues) throws(StoreError) {
        values.reset(count: batches.reduce(0) { $0 + $1.count })
        var calls: [LoadCall] = []
        var first = 0
        for (number, batch) in batches.enumerated() {
            for (slot, members) in zip(batch.keys.slots, batch.membersByGroup) {
                var rest = members[...]
                while !rest.isEmpty {
                    calls.append(LoadCall(batch: number, first: first, slot: slot, members: rest.prefix(StoreScript.keyCountMax)))
                    rest = rest.dropFirst(StoreScript.keyCountMax)
                    if calls.count == StoreConnection.loadCallCountMax { try load(&calls, of: batches, into: &values) }
                }
            }
            first += batch.count
        }
        if !calls.isEmpty { try load(&calls, of: batches, into: &values) }
    }

    /// Writes what the batch holds, each value only where the stored one is still at the position expected.
    ///
    /// Returns the indices (in the order of appending) whose stored value was at another position; these, and only these, were not written.
    /// After a thrown error some may have been written and others not.
    ///
    /// A node's history has a bucket's values before the marker that speaks of them, so whatever a crash or a failover takes from its end,
    /// the markers left tell what is to be done again. That holds for a master that is cut off from the others, too: it acknowledges for at most
    /// `cluster-node-timeout` (or until `min-replicas-max-lag` has passed where `min-replicas-to-write` is set), then refuses, and what it
    /// took goes with it, values and markers alike. Two nodes share a bucket only while its slot moves; then the replicas of both must have
    /// confirmed the values before the marker is written. A node of the two that then loses acknowledged writes (a power failure, or a failover
    /// past a key just received) is found by where and in whose lives the marker was written (`SlotHome`).
    package func commit(_ batch: WriteBatch) throws(StoreError) -> [Int] { try commit([batch])[0] }

    /// The same for several batches, each of another partition: they share a round trip. Returns the conflicts of each.
    package func commit(_ batches: [WriteBatch]) throws(StoreError) -> [[Int]] {
        var sent: [Sent] = []
        for batch in batches {
            precondition(!batch.isMixed, "markers are committed after the values they speak of, in a batch of their own")
            sent.append(try send(batch.calls(), of: batch))
        }
        try nodes.exchange()
        var conflicts = [[Int]](repeating: [], count: batches.count)
        var unfinished: [Unfinished] = []
        for (index, sent) in sent.enumerated() { unfinished.append(try outcome(of: sent, conflicts: &conflicts[index])) }
        for (index, batch) in batches.enumerated() {
            try finish(unfinished[index], of: batch, conflicts: &conflicts[index])
            conflicts[index].sort()
        }
        return conflicts
    }

    /// Appends signals to their streams; those that are there already, or older than the newest there, are left out silently (DESIGN §6.4).
    package func append(_ batch: SignalBatch) throws(StoreError) {
        var places: [StoreNodes.Place] = []
        for signal in batch.signals {
            let (pipeline, place) = try nodes.next(slot: StoreRoute.slot(of: signal.key))
            signal.append(to: &pipeline.commands)
            places.append(place)
            signal.appendExpiry(to: &pipeline.commands)
            try pipeline.sendIfLarge()
        }
        try nodes.exchange()
        var moving: [KeyCommand] = []
        for (signal, place) in zip(batch.signals, places) {
            let expiry = StoreNodes.Place(node: place.node, index: place.index + 1)
            if nodes.isMoving(place) || nodes.isMoving(expiry) {
                let slot = StoreRoute.slot(of: signal.key)
                moving.append(KeyCommand(slot: slot, signal.append(to:)))
                moving.append(KeyCommand(slot: slot, signal.appendExpiry(to:)))
            } else {
                try SignalBatch.check(nodes.failure(place))
                try SignalBatch.check(nodes.failure(expiry))
            }
        }
        try nodes.follow(moving) { (_, replies, index) throws(StoreError) in try SignalBatch.check(replies.failure(index)) }
    }

    private func load(_ calls: inout [LoadCall], of batches: [KeyBatch], into values: inout LoadedValues) throws(StoreError) {
        for index in calls.indices {
            let batch = batches[calls[index].batch]
            let (pipeline, place) = try nodes.next(slot: calls[index].slot)
            calls[index].place = place
            pipeline.commands.command("MGET", argumentCount: calls[index].members.count)
            batch.bytes.withUnsafeBytes { bytes in
                for member in calls[index].members {
                    pipeline.commands.argument(UnsafeRawBufferPointer(rebasing: bytes[batch.range(member)]))
                }
            }
        }
        try nodes.exchange()
        var moving: [(place: Int, command: KeyCommand)] = []
        for call in calls {
            if nodes.isMoving(call.place) {
                let batch = batches[call.batch]
                moving += call.members.map { (call.first + $0, .get(Array(batch.bytes[batch.range($0)]))) }
            } else {
                try take(call, into: &values)
            }
        }
        calls.removeAll(keepingCapacity: true)
        if moving.isEmpty { return }
        try nodes.follow(moving.map(\.command)) { (index, replies, reply) throws(StoreError) in
            if let failure = replies.failure(reply) { throw failure }
            let root = replies.root(reply)
            if root.kind == .text { replies.withText(root) { values.set(moving[index].place, $0) } }
        }
    }

    private func take(_ call: LoadCall, into values: inout LoadedValues) throws(StoreError) {
        if let failure = nodes.failure(call.place) { throw failure }
        let replies = nodes.replies(call.place)
        let root = replies.root(call.place.index)
        guard root.kind == .array, root.count == call.members.count else {
            throw StoreError(.protocolError, "Redis answered MGET with something else")
        }
        var place = replies.roots[call.place.index]
        for index in call.members {
            place += 1
            let node = replies.nodes[place]
            if node.kind == .text { replies.withText(node) { values.set(call.first + index, $0) } }
        }
    }

    /// Calls whose replies are still to come.
    private struct Sent {
        var calls: [WriteCall]
        var places: [StoreNodes.Place] = []
        var activity: [(bucket: Int, place: StoreNodes.Place)] = []
    }

    /// What an exchange could not do.
    private struct Unfinished {
        /// Calls whose script the server does not know.
        var unknown: [WriteCall] = []
        /// Calls whose slot moves.
        var moving: [WriteCall] = []
        var movingActivity: [Int] = []
    }

    /// The exchange that brings the replies comes after it.
    private func send(_ calls: [WriteCall], of batch: WriteBatch, withActivity: Bool = true) throws(StoreError) -> Sent {
        var sent = Sent(calls: calls)
        for call in calls {
            let (pipeline, place) = try nodes.next(slot: batch.slot(of: call))
            batch.append(call, hash: hashes[call.script.rawValue], to: &pipeline.commands)
            sent.places.append(place)
            try pipeline.sendIfLarge()
        }
        for bucket in batch.activityByBucket.indices where withActivity && !batch.activityByBucket[bucket].isEmpty {
            let (pipeline, place) = try nodes.next(slot: batch.keys.slots[bucket])
            batch.appendActivity(bucket, to: &pipeline.commands)
            sent.activity.append((bucket, place))
        }
        return sent
    }

    private func outcome(of sent: Sent, conflicts: inout [Int]) throws(StoreError) -> Unfinished {
        var unfinished = Unfinished()
        var failure: StoreError?
        for (call, place) in zip(sent.calls, sent.places) {
            let replies = nodes.replies(place)
            let root = replies.root(place.index)
            if root.kind != .error {
                for entry in 0..<root.count {
                    conflicts.append(call.members[call.members.startIndex + replies.nodes[replies.roots[place.index] + 1 + entry].value])
                }
            } else if replies.withText(root, { $0.starts(with: Array("NOSCRIPT".utf8)) }) {
                unfinished.unknown.append(call)
            } else if nodes.isMoving(place) {
                unfinished.moving.append(call)
            } else {
                failure = failure ?? nodes.failure(place)
            }
        }
        for (bucket, first) in sent.activity {
            for index in first.index..<first.index + WriteBatch.activityCommandCount {
                let place = StoreNodes.Place(node: first.node, index: index)
                if nodes.isMoving(place) {
                    if unfinished.movingActivity.last != bucket { unfinished.movingActivity.append(bucket) }
                } else {
                    failure = failure ?? nodes.failure(place)
                }
            }
        }
        if let failure { throw failure }
        return unfinished
    }

    /// Does what an exchange could not do.
    private func finish(_ unfinished: Unfinished, of batch: WriteBatch, conflicts: inout [Int]) throws(StoreError) {
        var moving = unfinished.moving
        if !unfinished.unknown.isEmpty {
            for node in Set(unfinished.unknown.map { nodes.map.node(slot: batch.slot(of: $0)) }) { try loadScripts(node) }
            let sent = try send(unfinished.unknown, of: batch, withActivity: false)
            try nodes.exchange()
            let again = try outcome(of: sent, conflicts: &conflicts)
            guard again.unknown.isEmpty else { throw StoreError(.protocolError, "Redis forgets the scripts that it has just loaded") }
            moving += again.moving
        }
        try follow(moving, of: batch, conflicts: &conflicts)
        if !unfinished.movingActivity.isEmpty {
            try complete(unfinished.movingActivity.flatMap { bucket in batch.activityCommands(bucket) })
        }
    }

    /// Writes value by value where slots move. Titles go into the index of changed ones first: who reads it meanwhile may miss a change, and
    /// begins anew when the slot has moved (`TitleFeed`).
    private func follow(_ calls: [WriteCall], of batch: WriteBatch, conflicts: inout [Int]) throws(StoreError) {
        if calls.isEmpty { return }
        let sources = Set(calls.map { nodes.map.node(slot: batch.slot(of: $0)) })
        try nodes.waitForReplicas(of: sources)
        for call in calls where call.script == .titles { try complete(call.members.map { batch.changeCommand($0) }) }
        let members = calls.flatMap(\.members)
        let commands = calls.flatMap { call in call.members.map { batch.valueCommand($0, slot: batch.slot(of: call)) } }
        try nodes.follow(commands) { (index, replies, reply) throws(StoreError) in
            if let failure = replies.failure(reply) { throw failure }
            if replies.root(reply).count > 0 { conflicts.append(members[index]) }
        }
        try nodes.waitForReplicas(of: sources.union(nodes.targets))
    }

    /// Runs commands whose replies say nothing.
    func complete(_ commands: [KeyCommand]) throws(StoreError) {
        try nodes.follow(commands) { (_, replies, index) throws(StoreError) in if let failure = replies.failure(index) { throw failure } }
    }

    private func loadScripts(_ node: Int) throws(StoreError) {
        var places: [StoreNodes.Place] = []
        for script in StoreScript.allCases {
            let (pipeline, place) = try nodes.next(node: node)
            pipeline.commands.command("SCRIPT", argumentCount: 2)
            pipeline.commands.argument("LOAD")
            pipeline.commands.argument(script.text)
            places.append(place)
        }
        try nodes.exchange()
        hashes = []
        for place in places {
            if let failure = nodes.failure(place) { throw failure }
            hashes.append(nodes.replies(place).text(nodes.replies(place).root(place.index)))
        }
    }
}
