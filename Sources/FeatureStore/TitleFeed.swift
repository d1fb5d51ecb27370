package import Features

/// Tells which titles' values have changed since it was last asked: what the title snapshot is kept fresh from. Owned by one thread,
/// blocking.
///
/// It remembers the highest offset seen of every topic and partition. After a failure, or where another server answers than before, it
/// begins anew and hands over every title once more. So it does for what a cluster moves from node to node, for as long as it moves.
package struct TitleFeed {
    package struct Source: Sendable, Hashable {
        package let topic: String
        package let partition: Int32

        package init(topic: String, partition: Int32) {
            self.topic = topic
            self.partition = partition
        }
    }

    package struct ChangedTitle: Sendable {
        package let source: Source
        package let title: TitleID
        package let value: [UInt8]
    }

    private static let valuesPerCall = 256

    private let keys: Keys
    private let sources: [Source]
    private var seen: [Int64]
    private var connection: Reconnection

    package init(_ route: StoreRoute, keys: Keys, topics: [String], partitionCount: Int32, timeoutMilliseconds: Int = 5000) {
        self.keys = keys
        sources = topics.flatMap { topic in (0..<partitionCount).map { Source(topic: topic, partition: $0) } }
        seen = Array(repeating: -1, count: sources.count)
        connection = Reconnection(route.server, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// The titles whose values have changed since the last call, with their values of now. While Redis cannot be reached it throws
    /// `unavailable`, at once where the last attempt was just now.
    package mutating func changes() throws(StoreError) -> [ChangedTitle] {
        do {
            if !connection.isOpen { seen = Array(repeating: -1, count: sources.count) }
            let nodes = try connection.open()
            let titles = try changedTitles(nodes)
            return try values(titles, nodes)
        } catch {
            seen = Array(repeating: -1, count: sources.count)
            throw error
        }
    }

    /// Title ids by source.
    private mutating func changedTitles(_ nodes: StoreNodes) throws(StoreError) -> [[[UInt8]]] {
        let commands = sources.enumerated().map { index, source in
            let key = keys.changedTitles(topic: source.topic, partition: source.partition)
            let range = Array("(\(seen[index])".utf8)
            return KeyCommand(key: key) { commands in
                commands.command("ZRANGEBYSCORE", argumentCount: 4)
                commands.argument(key)
                commands.argument(range)
                commands.argument("+inf")
                commands.argument("WITHSCORES")
            }
        }
        var found = [[[UInt8]]](repeating: [], count: sources.count)
        try nodes.follow(commands) { (index, replies, reply) throws(StoreError) in
            let texts = try replies.texts(reply).compactMap { $0 }
            if let last = texts.last { seen[index] = score(last) }
            found[index] = stride(from: 0, to: texts.count - 1, by: 2).map { texts[$0] }
        }
        return found
    }

    private mutating func values(_ titles: [[[UInt8]]], _ nodes: StoreNodes) throws(StoreError) -> [ChangedTitle] {
        var changed: [ChangedTitle] = []
        for (index, source) in sources.enumerated() {
            let prefix = keys.titlePrefix(topic: source.topic, partition: source.partition)
            let slot = StoreRoute.slot(of: prefix)
            var rest = titles[index][...]
            while !rest.isEmpty {
                let titles = rest.prefix(TitleFeed.valuesPerCall)
                rest = rest.dropFirst(titles.count)
                let (pipeline, place) = try nodes.next(slot: slot)
                pipeline.commands.command("MGET", argumentCount: titles.count)
                for title in titles { title.withUnsafeBytes { pipeline.commands.argument(prefix, $0) } }
                try nodes.exchange()
                var values = [[UInt8]?](repeating: nil, count: titles.count)
                if nodes.isMoving(place) {
                    seen[index] = -1
                    try nodes.follow(titles.map { .get(prefix + $0) }) { (title, replies, reply) throws(StoreError) in
                        if let failure = replies.failure(reply) { throw failure }
                        let root = replies.root(reply)
                        if root.kind == .text { values[title] = replies.text(root) }
                    }
                } else if let failure = nodes.failure(place) {
                    throw failure
                } else {
                    values = try nodes.replies(place).texts(place.index)
                }
                for (title, value) in zip(titles, values) {
                    guard let value else { continue }
                    changed.append(ChangedTitle(source: source, title: TitleID(String(decoding: title, as: UTF8.self)), value: value))
                }
            }
        }
        return changed
    }
}
