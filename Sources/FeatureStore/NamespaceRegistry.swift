internal import Features

/// What is known of the namespaces, in one hash: read and changed as a whole.
package struct NamespaceRegistry: Sendable, Equatable {
    /// What a namespace is good for.
    package enum State: String, Sendable, CaseIterable {
        /// A replay fills it; the jobs leave it alone.
        case building
        /// The jobs feed it; it serves, or can.
        case live
        /// Made from a part of the log or of the topics: to look at, never to serve.
        case partial
        /// Made from the log of before a repartition: kept until that log is dropped, never to serve again.
        case retired
        /// On its way out; nobody writes there any more.
        case dropping
    }

    package struct Entry: Sendable, Equatable {
        package var state: State
        /// First offsets that count, where it was not built from the log's beginning; as in a read token.
        package var origins = ""
        /// Where it last took over serving: what the one before had emitted, as in a read token, `-` for nothing; empty: it never took over.
        package var handover = ""

        /// The definition that it began with (DESIGN §6.7); 0: the first one.
        package var definition: Int64

        package init(state: State, origins: String = "", handover: String = "", definition: Int64) {
            self.state = state
            self.origins = origins
            self.handover = handover
            self.definition = definition
        }
    }

    /// The namespace that requests are answered from.
    package var serving: String
    package var entries: [String: Entry]

    package init(serving: String, entries: [String: Entry]) {
        self.serving = serving
        self.entries = entries
    }

    /// The namespaces that jobs feed, sorted.
    package var live: [String] { entries.filter { $0.value.state == .live }.keys.sorted() }
}

extension StoreConnection {
    private static let serving = Array("serving".utf8)
    private static let entryPrefix = "namespace."

    /// Reads the registry; where there is none, `first` becomes the namespace that serves, beginning with `definition`.
    package func namespaceRegistry(first: String, definition: Int64) throws(StoreError) -> NamespaceRegistry {
        try onRegistry("HSETNX", [StoreConnection.serving, Array(first.utf8)]) { (_, _) in }
        let registry = try registry(first: first)
        if registry.entries[registry.serving] != nil { return registry }
        // A first start, or a server that died between the two writes of one; of several the first says what the definition is.
        let entry = NamespaceRegistry.Entry(state: .live, definition: definition)
        let field = Array((StoreConnection.entryPrefix + registry.serving).utf8)
        try onRegistry("HSETNX", [field, Array(entry.text.utf8)]) { (_, _) in }
        return try self.registry(first: first)
    }

    private func registry(first: String) throws(StoreError) -> NamespaceRegistry {
        let texts = try onRegistry("HGETALL", []) { (replies, index) throws(StoreError) in
            try replies.texts(index).map { String(decoding: $0 ?? [], as: UTF8.self) }
        }
        var registry = NamespaceRegistry(serving: first, entries: [:])
        for index in stride(from: 0, to: texts.count - 1, by: 2) {
            let (field, value) = (texts[index], texts[index + 1])
            if field == "serving" {
                registry.serving = value
            } else if field.hasPrefix(StoreConnection.entryPrefix) {
                registry.entries[String(field.dropFirst(StoreConnection.entryPrefix.count))] = try NamespaceRegistry.Entry(text: value)
            }
        }
        return registry
    }

    /// Notes a namespace's state; nil forgets it.
    package func set(_ entry: NamespaceRegistry.Entry?, of namespace: String) throws(StoreError) {
        let field = Array((StoreConnection.entryPrefix + namespace).utf8)
        if let entry {
            try onRegistry("HSET", [field, Array(entry.text.utf8)]) { (_, _) in }
        } else {
            try onRegistry("HDEL", [field]) { (_, _) in }
        }
    }

    /// Moves serving from one namespace to another in one step, with the other's new entry; false where another one serves by now.
    ///
    /// In a cluster its replicas must have it, too: jobs emit by what is noted here, and a promoted replica must not bring back who served
    /// before. Throws `unavailable` where they do not follow; serving has moved then.
    package func switchServing(from old: String, to new: String, _ entry: NamespaceRegistry.Entry) throws(StoreError) -> Bool {
        let script = """
            if redis.call('HGET', KEYS[1], 'serving') ~= ARGV[1] then return 0 end
            redis.call('HSET', KEYS[1], 'serving', ARGV[2], ARGV[3], ARGV[4])
            return 1
            """
        let arguments = [old, new, StoreConnection.entryPrefix + new, entry.text]
        let command = KeyCommand(key: Keys.registry) { commands in
            commands.command("EVAL", argumentCount: 7)
            commands.argument(Array(script.utf8))
            commands.argument("1")
            commands.argument(Keys.registry)
            for argument in arguments { commands.argument(Array(argument.utf8)) }
        }
        let isMoved = try answer(command) { $0.root($1).value == 1 }
        if isMoved, nodes.map.isCluster {
            try nodes.waitForReplicas(of: nodes.targets.union([nodes.map.node(slot: command.slot)]), reason: "serving has moved")
        }
        return isMoved
    }

    private func onRegistry<R>(
        _ name: StaticString, _ arguments: [[UInt8]], _ body: (ReplyBuffer, Int) throws(StoreError) -> R
    ) throws(StoreError) -> R {
        let command = KeyCommand(key: Keys.registry) { commands in
            commands.command(name, argumentCount: 1 + arguments.count)
            commands.argument(Keys.registry)
            for argument in arguments { commands.argument(argument) }
        }
        return try answer(command, body)
    }

    private func answer<R>(_ command: KeyCommand, _ body: (ReplyBuffer, Int) throws(StoreError) -> R) throws(StoreError) -> R {
        var answer: R?
        try nodes.follow([command]) { (_, replies, index) throws(StoreError) in
            if let failure = replies.failure(index) { throw failure }
            answer = try body(replies, index)
        }
        guard let answer else { throw StoreError(.protocolError, "Redis did not answer a command on the registry of namespaces") }
        return answer
    }
}

extension NamespaceRegistry.Entry {
    fileprivate var text: String { "\(state.rawValue)|\(origins)|\(handover)|\(definition)" }

    fileprivate init(text: String) throws(StoreError) {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        // Entries of programs without definitions end with the handover.
        let definition = parts.count == 3 ? 0 : Int64(parts.last ?? "")
        guard (3...4).contains(parts.count), let state = NamespaceRegistry.State(rawValue: parts[0]), let definition else {
            throw StoreError(
                .protocolError, "the registry of namespaces says '\(text)', which this program does not know; run the newer one")
        }
        self.init(state: state, origins: parts[1], handover: parts[2], definition: definition)
    }
}
