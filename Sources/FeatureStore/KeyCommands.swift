/// A command of one key, which can be followed to wherever the key is.
struct KeyCommand {
    let slot: UInt16
    let encode: (inout CommandBuffer) -> Void

    init(slot: UInt16, _ encode: @escaping (inout CommandBuffer) -> Void) {
        self.slot = slot
        self.encode = encode
    }

    init(key: [UInt8], _ encode: @escaping (inout CommandBuffer) -> Void) { self.init(slot: StoreRoute.slot(of: key), encode) }

    static func get(_ key: [UInt8]) -> KeyCommand {
        KeyCommand(key: key) { commands in
            commands.command("GET", argumentCount: 1)
            commands.argument(key)
        }
    }
}

/// While a slot moves from one master to another, a key of it is in exactly one of the two (`MIGRATE` holds up both). The source serves what
/// it has and answers ASK for the rest, which the target serves to whoever says ASKING. Commands of several keys may find none that has
/// all of them (TRYAGAIN); those are taken apart into commands of one key.
extension StoreNodes {
    private static let commandsTogether = 256
    /// How long replicas may take to follow while a slot moves.
    private static let replicaMilliseconds: Int64 = 1000

    /// True for a reply that sends us elsewhere for as long as a slot moves.
    func isMoving(_ place: Place) -> Bool {
        guard map.isCluster else { return false }
        let replies = replies(place)
        let root = replies.root(place.index)
        guard root.kind == .error else { return false }
        return replies.withText(root) { $0.starts(with: Array("ASK ".utf8)) || $0.starts(with: Array("TRYAGAIN".utf8)) }
    }

    /// Runs commands of one key each, at the slots' masters or where those point; their replies, complaints included, go to `body` by the
    /// command's index. What changed the cluster for good is thrown.
    func follow(_ commands: [KeyCommand], _ body: (Int, ReplyBuffer, Int) throws(StoreError) -> Void) throws(StoreError) {
        var rest = commands.indices[...]
        while !rest.isEmpty {
            try follow(commands, rest.prefix(StoreNodes.commandsTogether), body)
            rest = rest.dropFirst(StoreNodes.commandsTogether)
        }
    }

    private func follow(
        _ commands: [KeyCommand], _ range: Range<Int>, _ body: (Int, ReplyBuffer, Int) throws(StoreError) -> Void
    ) throws(StoreError) {
        var places: [Place] = []
        for index in range {
            let (pipeline, place) = try next(slot: commands[index].slot)
            commands[index].encode(&pipeline.commands)
            places.append(place)
        }
        try exchange()
        var asked: [(index: Int, node: Int)] = []
        for (index, place) in zip(range, places) {
            if isMoving(place) {
                asked.append((index, try target(place)))
            } else {
                try hand(place, index, body)
            }
        }
        if asked.isEmpty { return }
        places = []
        for (index, node) in asked {
            let pipeline = try next(node: node).pipeline
            pipeline.commands.command("ASKING", argumentCount: 0)
            places.append(try next(node: node).place)
            commands[index].encode(&pipeline.commands)
        }
        try exchange()
        for ((index, _), place) in zip(asked, places) { try hand(place, index, body) }
    }

    private func hand(
        _ place: Place, _ index: Int, _ body: (Int, ReplyBuffer, Int) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let failure = failure(place), isBroken { throw failure }
        try body(index, replies(place), place.index)
    }

    /// The node that an ASK names: `ASK <slot> <host>:<port>`.
    func target(_ place: Place) throws(StoreError) -> Int {
        let text = replies(place).string(replies(place).root(place.index))
        let words = text.split(separator: " ")
        guard words.count == 3, words[0] == "ASK", let colon = words[2].lastIndex(of: ":"),
            let port = Int(words[2][words[2].index(after: colon)...])
        else { throw stale("the Redis Cluster is changing: \(text)") }
        return node(at: address(place.node).sibling(host: String(words[2][..<colon]), port: port))
    }

    /// Waits until the replicas of the nodes have what we wrote; `reason` tells why they must. While a slot moves, its values and their marker
    /// may stand at two nodes: a promoted replica must not lack a value that the other node's marker speaks of.
    func waitForReplicas(of nodes: Set<Int>, reason: String = "a slot moves") throws(StoreError) {
        var wanted: [(node: Int, count: Int)] = []
        for node in nodes.sorted() {
            let (pipeline, place) = try next(node: node)
            pipeline.commands.command("INFO", argumentCount: 1)
            pipeline.commands.argument("replication")
            try exchange()
            if let failure = failure(place) { throw failure }
            let connected = infoFields(replies(place).string(replies(place).root(place.index)))["connected_slaves"]
            wanted.append((node, max(replicaCount(node), connected.flatMap { Int($0) } ?? 0)))
        }
        var places: [Place] = []
        for (node, count) in wanted {
            let (pipeline, place) = try next(node: node)
            pipeline.commands.command("WAIT", argumentCount: 2)
            pipeline.commands.argument(Int64(count))
            pipeline.commands.argument(StoreNodes.replicaMilliseconds)
            places.append(place)
        }
        try exchange()
        for ((node, count), place) in zip(wanted, places) {
            if let failure = failure(place) { throw failure }
            if replies(place).root(place.index).value < count {
                throw stale("\(reason) and the replicas of \(address(node)) do not follow: try again when they do")
            }
        }
    }
}

/// The fields of an `INFO`.
func infoFields(_ text: String) -> [String: String] {
    var fields: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
        guard !line.hasPrefix("#"), let colon = line.firstIndex(of: ":") else { continue }
        fields[String(line[..<colon])] = String(line[line.index(after: colon)...])
    }
    return fields
}
