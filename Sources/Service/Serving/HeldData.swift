import Catalog
import Events
import FeatureStore
import Features

/// All that is held of a viewer under one topic, for the viewer to have.
struct HeldData {
    var topic: Topic
    /// Event time of the newest applied event, milliseconds.
    var asOf: Int64
    var isErased: Bool
    /// Fingerprints of so many events are kept, to tell a device's retries.
    var recentIDCount: Int
    /// Every field, by its path.
    var features: [String: String]

    /// One entry for every topic that has a value, private ones too.
    static func all(of user: UserID, _ viewers: ViewerReader, _ catalog: Catalog) async throws -> [HeldData] {
        let topics = Topic.allCases.filter(\.hasJob)
        let bucket = viewers.bucket(of: user)
        let values = try await viewers.reader.read(topics.map { viewers.keys.user(topic: $0.key, bucket: bucket, user: user) })
        return try zip(topics, values).compactMap { topic, value in try value.map { try HeldData(topic, $0, catalog) } }
    }

    private init(_ topic: Topic, _ bytes: [UInt8], _ catalog: Catalog) throws {
        switch topic {
        case .play: try self.init(PlayState.self, topic, bytes, catalog)
        case .search: try self.init(SearchState.self, topic, bytes, catalog)
        case .impression: try self.init(ImpressionState.self, topic, bytes, catalog)
        case .feedback: try self.init(FeedbackState.self, topic, bytes, catalog)
        case .quality: try self.init(QualityState.self, topic, bytes, catalog)
        case .error: try self.init(ErrorState.self, topic, bytes, catalog)
        case .experiment: try self.init(ExperimentState.self, topic, bytes, catalog)
        case .attribution: try self.init(AttributionState.self, topic, bytes, catalog)
        case .deadLetters: preconditionFailure("dead letters have no features")
        }
    }

    private init<State: TopicState>(_: State.Type, _ topic: Topic, _ bytes: [UInt8], _ catalog: Catalog) throws {
        var names = NameTable()
        let value = try bytes.withUnsafeBytes { try UserValue<State>(from: $0, names: &names) }
        self.topic = topic
        asOf = value.state.asOf
        isErased = value.isErased
        recentIDCount = value.recentIDs.entries.count
        features = value.isErased ? [:] : StateText(value.state, names: names, catalog: catalog, at: value.state.asOf).lines
    }
}

extension JSONWriter {
    mutating func write(_ held: HeldData) {
        object { json in
            json.member("topic", held.topic.name)
            json.member("as_of", held.asOf)
            json.member("erased", held.isErased)
            json.member("recent_ids", held.recentIDCount)
            json.member("features")
            json.object { json in
                for (path, text) in held.features.sorted(by: { $0.key < $1.key }) {
                    json.member(named: path)
                    json.string(text)
                }
            }
        }
    }
}
