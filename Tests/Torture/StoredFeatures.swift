import Events
import FeatureStore
import Features
import Jobs
import Oracle

/// The features as they lie in Redis.
struct StoredFeatures {
    var users: [Oracle.Place: [(user: String, bytes: [UInt8])]] = [:]
    var titles: [Oracle.Place: [(title: String, bytes: [UInt8])]] = [:]
    var markers: [Oracle.Place: [Int32: Marker]] = [:]

    static let keys = Keys(namespace: "main")

    private enum Kind {
        case user(String), title(String)
        /// The bucket; the marker of titles stands behind the buckets.
        case marker(Int32)
    }

    /// Reads all values of the serving namespace.
    init(_ connection: StoreConnection) throws {
        var names: Set<[UInt8]> = []
        try connection.forEachKeys(prefix: StoredFeatures.keys.namespacePrefix) { (some) throws(StoreError) in names.formUnion(some) }
        let keys = names.compactMap { key in StoredFeatures.meaning(of: key).map { (key: key, meaning: $0) } }
        var rest = keys[...]
        while !rest.isEmpty {
            let some = rest.prefix(2000)
            for (key, value) in zip(some, try connection.values(some.map(\.key))) {
                if let value { try add(key.meaning.place, key.meaning.kind, value) }
            }
            rest = rest.dropFirst(2000)
        }
    }

    private mutating func add(_ place: Oracle.Place, _ kind: Kind, _ value: [UInt8]) throws {
        switch kind {
        case .user(let user): users[place, default: []].append((user, value))
        case .title(let title): titles[place, default: []].append((title, value))
        case .marker(let bucket):
            markers[place, default: [:]][bucket] = try value.withUnsafeBytes { bytes throws(StateError) in try Marker(bytes: bytes) }
        }
    }

    /// `{3.1}:play:u:u-42`, `{3.t}:play:title:heat`, `{3.1}:play:marker`; nil for the indices beside them.
    private static func meaning(of key: [UInt8]) -> (place: Oracle.Place, kind: Kind)? {
        let text = String(decoding: key.dropFirst(keys.namespacePrefix.count), as: UTF8.self)
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        let tag = parts[0].dropFirst().dropLast().split(separator: ".")
        guard parts.count >= 3, tag.count == 2, let partition = Int32(tag[0]),
            let topic = Topic.allCases.first(where: { $0.storeName == parts[1] })
        else { return nil }
        let place = Oracle.Place(topic, partition)
        switch parts[2] {
        case "u" where parts.count == 4: return (place, .user(parts[3]))
        case "title" where parts.count == 4: return (place, .title(parts[3]))
        case "marker": return (place, .marker(Int32(tag[1]) ?? Int32(keys.bucketsPerPartition)))
        default: return nil
        }
    }

    /// Places where a marker is not at the end of the log, in words.
    static func lags(_ connection: StoreConnection, topic: Topic, ends: [Int32: Int64]) throws -> [String] {
        var lags: [String] = []
        for (partition, end) in ends.sorted(by: { $0.key < $1.key }) {
            let buckets = (0..<Int32(keys.bucketsPerPartition)).map { Bucket(partition: partition, index: $0) }
            let markerKeys =
                buckets.map { keys.marker(topic: topic.storeName, bucket: $0) } + [
                    keys.titleMarker(topic: topic.storeName, partition: partition)
                ]
            let offsets = try connection.values(markerKeys).map { value -> Int64 in
                guard let value else { return -1 }
                return try value.withUnsafeBytes { bytes throws(StateError) in try Marker(bytes: bytes).position.offset }
            }
            if offsets.contains(where: { $0 != end }) {
                lags.append("\(topic.name) partition \(partition): log \(end), markers \(offsets)")
            }
        }
        return lags
    }
}

extension Topic {
    /// What the topic is called in keys and groups: `play` of `play_events`.
    var storeName: String { String(name.prefix { $0 != "_" }) }
}
