/// What a node of a Redis Cluster knows of the others, as `CLUSTER NODES` tells it.
struct ClusterView: Sendable {
    struct Master: Sendable, Equatable {
        let id: String
        let address: StoreAddress
        let hasSlots: Bool
        /// The names of its replicas, those that do not answer included: they may come back, and be promoted. Sorted.
        var replicas: [String] = []
    }

    /// The asked node's name.
    let id: String
    /// By name, ascending. One without slots that has failed is left out: it comes back as somebody's replica.
    let masters: [Master]
    /// Slots of the asked node that are on their way to or from another, with the other's name.
    let movingSlots: [UInt16: String]

    /// Lines of name, address, flags, master's name, five more fields, slots; a slot on its way is `[slot->-name]` or `[slot-<-name]`, and told by
    /// the node itself alone (Redis: CLUSTER NODES, "Serialization format", "Special slot entries").
    init(_ text: String, askedAt seed: StoreAddress) {
        var masters: [String: Master] = [:]
        var replicas: [String: [String]] = [:]
        var moving: [UInt16: String] = [:]
        var own = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count >= 8 else { continue }
            let flags = Set(words[2].split(separator: ","))
            if flags.contains("handshake") || flags.contains("noaddr") { continue }
            let id = String(words[0])
            if flags.contains("myself") { own = id }
            if flags.contains("slave") {
                replicas[String(words[3]), default: []].append(id)
                continue
            }
            let slots = words[8...].filter { !$0.hasPrefix("[") }
            for word in words[8...] { if let (slot, other) = ClusterView.movingSlot(word) { moving[slot] = other } }
            if slots.isEmpty && flags.contains("fail") { continue }
            guard let address = ClusterView.address(words[1], askedAt: seed) else { continue }
            masters[id] = Master(id: id, address: address, hasSlots: !slots.isEmpty)
        }
        for (id, names) in replicas { masters[id]?.replicas = names.sorted() }
        self.masters = masters.values.sorted { $0.id < $1.id }
        movingSlots = moving
        id = own
    }

    /// What the node at the other end tells.
    init(from pipeline: Pipeline) throws(StoreError) {
        pipeline.commands.command("CLUSTER", argumentCount: 1)
        pipeline.commands.argument("NODES")
        try pipeline.exchangeAll()
        self.init(pipeline.replies.string(pipeline.replies.root(0)), askedAt: pipeline.address)
    }

    private static func movingSlot(_ word: Substring) -> (UInt16, String)? {
        guard word.hasPrefix("["), word.hasSuffix("]") else { return nil }
        let slot = word.dropFirst().prefix(while: \.isNumber)
        return UInt16(slot).map { ($0, String(word.dropFirst(1 + slot.count + "->-".count).dropLast())) }
    }

    /// Of `host:port@busport[,hostname]`.
    private static func address(_ word: Substring, askedAt seed: StoreAddress) -> StoreAddress? {
        let place = word.prefix { $0 != "@" && $0 != "," }
        guard let colon = place.lastIndex(of: ":"), let port = Int(place[place.index(after: colon)...]) else { return nil }
        return seed.sibling(host: String(place[..<colon]), port: port)
    }
}
