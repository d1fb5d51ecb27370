package import EventLog
package import Events
package import FeatureStore
package import Features

extension Topic {
    /// The topic's name in keys of the feature store.
    package var key: String { String(name.prefix { $0 != "_" }) }
}

/// Reads a viewer's state: one key a topic, all in the viewer's bucket, in one round trip that concurrent requests share.
package struct ViewerReader: Sendable {
    /// The topics whose state serving needs, in the order of the keys.
    package static let topics: [Topic] = [.play, .search, .impression, .feedback, .experiment]

    package let reader: StoreReader
    package private(set) var keys: Keys
    package let partitionCount: Int
    /// Offsets that the log will never hold.
    package let lostOffsets: LostOffsets

    package init(reader: StoreReader, keys: Keys, partitionCount: Int, lostOffsets: LostOffsets) {
        self.reader = reader
        self.keys = keys
        self.partitionCount = partitionCount
        self.lostOffsets = lostOffsets
    }

    /// The same for another namespace.
    package func reading(_ keys: Keys) -> ViewerReader {
        var copy = self
        copy.keys = keys
        return copy
    }

    package func bucket(of user: UserID) -> Bucket {
        var text = user.description
        let number = text.withUTF8 { partition(of: UnsafeRawBufferPointer($0), count: partitionCount) }
        return keys.bucket(user: user, partition: number)
    }

    /// The viewer; a cold one where nothing is stored.
    package func viewer(_ user: UserID) async throws -> Viewer {
        let bucket = bucket(of: user)
        return try ViewerReader.viewer(
            user, try await reader.read(ViewerReader.topics.map { keys.user(topic: $0.key, bucket: bucket, user: user) }))
    }

    /// The viewer of these values, one a topic of `topics`; nil: there is none.
    static func viewer(_ user: UserID, _ values: [[UInt8]?]) throws -> Viewer {
        var viewer = Viewer(user: user)
        if let state: PlayState = try state(values[0], &viewer) { viewer.play = state }
        if let state: SearchState = try state(values[1], &viewer) { viewer.search = state }
        if let state: ImpressionState = try state(values[2], &viewer) { viewer.impression = state }
        if let state: FeedbackState = try state(values[3], &viewer) { viewer.feedback = state }
        if let state: ExperimentState = try state(values[4], &viewer) { viewer.experiment = state }
        return viewer
    }

    private static func state<State: TopicState>(_ bytes: [UInt8]?, _ viewer: inout Viewer) throws -> State? {
        guard let bytes else { return nil }
        return try bytes.withUnsafeBytes { try UserValue<State>.features(from: $0, names: &viewer.names) }
    }
}
