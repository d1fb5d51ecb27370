import EventLog
import Events
import FeatureStore
import Features
import Jobs

/// The feature store as one job's thread uses it: engines' writes in the order that DESIGN §6 asks for.
final class JobStore {
    private let connection: StoreConnection
    private let keys: Keys
    private let topic: Topic
    private var buffers: [Int32: Buffers] = [:]
    private var loaded = LoadedValues()
    private var placement: StorePlacement?
    /// What title markers say of their place in a cluster, and partitions whose stored one says something else.
    private var titleHomes: [Int32: SlotHome] = [:]
    private var written = (users: 0, titles: 0)
    private var movedTitleMarkers: Set<Int32> = []

    /// A partition's batches, reused.
    private final class Buffers {
        var keys: KeyBatch
        var values: WriteBatch
        var markers: WriteBatch

        init(keys: Keys, topic: Topic, partition: Int32) {
            self.keys = KeyBatch(keys: keys, topic: topic.key, partition: partition)
            values = WriteBatch(keys: keys, topic: topic.key, partition: partition)
            markers = WriteBatch(keys: keys, topic: topic.key, partition: partition)
        }

        func removeAll() {
            keys.removeAll()
            values.removeAll()
            markers.removeAll()
        }
    }

    init(address: StoreAddress, keys: Keys, topic: Topic) throws(StoreError) {
        connection = try StoreConnection(address)
        self.keys = keys
        self.topic = topic
        try connection.register(keys)
    }

    /// Over a connection that others use, too, on the same thread; the namespace is not registered.
    init(sharing connection: StoreConnection, keys: Keys, topic: Topic) {
        self.connection = connection
        self.keys = keys
        self.topic = topic
    }

    /// Who answers: changed, the cache is worth nothing (DESIGN §6.6).
    func identity() throws(StoreError) -> StoreIdentity { try connection.identity() }

    // MARK: Places

    /// Finds out where the slots are; before markers are read that have to be trusted.
    func locate(_ identity: StoreIdentity) throws(StoreError) { placement = try connection.placement(identity) }

    /// By bucket; empty for a single server.
    func places(of partition: Int32) -> [SlotPlace] {
        guard let placement else { return [] }
        return (0..<Int32(keys.bucketsPerPartition)).map { index in
            placement.place(of: keys.marker(topic: topic.key, bucket: Bucket(partition: partition, index: index)))
        }
    }

    func titlePlace(of partition: Int32) -> SlotPlace? {
        placement?.place(of: keys.titleMarker(topic: topic.key, partition: partition))
    }

    /// Takes the partition's markers at their word from here on, wherever their slots have been. Returns how many did not stand so already.
    func vouch(for partition: Int32) throws -> Int {
        let (found, titles) = try markers(of: partition)
        let buffers = emptied(partition)
        for (index, marker) in found.enumerated() {
            guard var marker, marker.home != nil else { continue }
            marker.home = nil
            marker.encoded().withUnsafeBytes {
                buffers.markers.appendMarker(Bucket(partition: partition, index: Int32(index)), expected: marker.position, value: $0)
            }
        }
        if var titles, titles.home != nil {
            titles.home = nil
            titles.encoded().withUnsafeBytes { buffers.markers.appendTitleMarker(expected: titles.position, value: $0) }
        }
        let count = buffers.markers.count
        if count == 0 { return 0 }
        return count - (try connection.commit(buffers.markers).count)
    }

    // MARK: Loading

    /// The partition's markers by bucket, and the title marker.
    func markers(of partition: Int32) throws -> (buckets: [Marker?], titles: Marker?) {
        let buffers = emptied(partition)
        for index in 0..<Int32(keys.bucketsPerPartition) { buffers.keys.appendMarker(Bucket(partition: partition, index: index)) }
        buffers.keys.appendTitleMarker()
        try connection.load(buffers.keys, into: &loaded)
        var found: [Marker?] = []
        for index in 0..<keys.bucketsPerPartition { found.append(try marker(index)) }
        let titles = try marker(keys.bucketsPerPartition)
        titleHomes[partition] = titlePlace(of: partition)?.home(after: titles?.home)
        movedTitleMarkers.remove(partition)
        if titles?.home != titleHomes[partition] { movedTitleMarkers.insert(partition) }
        return (found, titles)
    }

    private func marker(_ index: Int) throws(StateError) -> Marker? {
        try loaded.withValue(index) { (value) throws(StateError) -> Marker? in
            guard let value else { return nil }
            return try Marker(bytes: value)
        }
    }

    /// Reads viewers' values, those of all partitions together.
    func loadUsers(
        _ missing: Missing<MissingUser>, _ body: (Int32, MissingUser, UnsafeRawBufferPointer?) throws(StateError) -> Void
    ) throws {
        try load(missing, { user, keys in user.user.withUnsafeBytes { keys.appendUser(user.bucket, $0) } }, body)
    }

    /// Reads titles' values, those of all partitions together.
    func loadTitles(
        _ missing: Missing<MissingTitle>, _ body: (Int32, MissingTitle, UnsafeRawBufferPointer?) throws(StateError) -> Void
    ) throws {
        try load(missing, { title, keys in title.title.withUnsafeBytes { keys.appendTitle($0) } }, body)
    }

    /// What is to be read of each partition.
    typealias Missing<Entry> = [(partition: Int32, entries: [Entry])]

    private func load<Entry>(
        _ missing: Missing<Entry>, _ append: (Entry, inout KeyBatch) -> Void,
        _ body: (Int32, Entry, UnsafeRawBufferPointer?) throws(StateError) -> Void
    ) throws {
        if missing.allSatisfy(\.entries.isEmpty) { return }
        let batches = missing.map { partition, entries in
            let buffers = emptied(partition)
            for entry in entries { append(entry, &buffers.keys) }
            return buffers.keys
        }
        try connection.load(batches, into: &loaded)
        var index = 0
        for (partition, entries) in missing {
            for entry in entries {
                try loaded.withValue(index) { (value) throws(StateError) in try body(partition, entry, value) }
                index += 1
            }
        }
    }

    private func emptied(_ partition: Int32) -> Buffers {
        let found = buffers[partition] ?? Buffers(keys: keys, topic: topic, partition: partition)
        buffers[partition] = found
        found.removeAll()
        return found
    }

    // MARK: Committing

    /// A partition of which a commit is under way.
    private struct Part {
        let partition: Int32
        let engine: any PartitionEngine
        let buffers: Buffers
    }

    /// Values that commits have sent since it was last asked.
    func takeWritten() -> (users: Int, titles: Int) {
        defer { written = (0, 0) }
        return written
    }

    /// Viewers' values, then emissions, then title values, then what is left of erased viewers, then markers (DESIGN §6.4, §6.6, §6.9); each
    /// step of all partitions in one round trip, so that a commit takes as long for many as for one.
    ///
    /// Returns the partitions of which a stored value was not the one that ours was based on (§6.5); nothing after it was written of them.
    func commit(
        _ engines: [Int32: any PartitionEngine], titles: Bool, emit: ([(partition: Int32, emissions: [Emission])]) throws -> Void
    ) throws -> Set<Int32> {
        var parts = engines.map { Part(partition: $0.key, engine: $0.value, buffers: emptied($0.key)) }
        // A replay of old records must not write values that expire before it comes to their viewers' next ones.
        let soonest = wallClockMilliseconds() + UserValueExpiry.lagMillisecondsMax
        func append(_ write: UserWrite, to buffers: Buffers) {
            // Plays alone count as activity: of any other topic it would be one more write a viewer and flush.
            buffers.values.appendUser(
                write.bucket, write.user, expected: write.expected, value: write.value, expiresAt: max(write.expiresAt, soonest),
                activeAt: topic == .play ? (write.isErased ? -1 : write.asOf) : 0)
        }
        for part in parts {
            part.engine.collectUsers { append($0, to: part.buffers) }
            written.users += part.buffers.values.count
        }
        let hasUsers = try write(&parts, \.values)
        if hasUsers { Failpoint.afterUsers.pass() }
        let emissions = parts.map { (partition: $0.partition, emissions: $0.engine.takeEmissions()) }.filter { !$0.emissions.isEmpty }
        if !emissions.isEmpty {
            try emit(emissions)
            Failpoint.afterEmission.pass()
        }
        if titles {
            for part in parts {
                part.engine.collectTitles { write in
                    part.buffers.values.appendTitle(write.title, expected: write.expected, value: write.value, offset: write.offset)
                }
                written.titles += part.buffers.values.count
            }
            let hasTitles = try write(&parts, \.values)
            if hasTitles { Failpoint.afterTitles.pass() }
            for part in parts { part.engine.collectErasures { append($0, to: part.buffers) } }
            _ = try write(&parts, \.values)
        }
        for part in parts { collectMarkers(part, titles: titles) }
        _ = try write(&parts, \.markers)
        if hasUsers { Failpoint.afterMarkers.pass() }
        return Set(engines.keys).subtracting(parts.map(\.partition))
    }

    /// Writes a batch of each partition and empties it. Partitions with a conflict are parts of the commit no more; false where no other has
    /// written anything.
    private func write(_ parts: inout [Part], _ batch: ReferenceWritableKeyPath<Buffers, WriteBatch>) throws(StoreError) -> Bool {
        let writing = parts.filter { $0.buffers[keyPath: batch].count > 0 }
        if writing.isEmpty { return false }
        let conflicts = try connection.commit(writing.map { $0.buffers[keyPath: batch] })
        let failed = zip(writing, conflicts).filter { !$0.1.isEmpty }.map(\.0.partition)
        for part in writing { part.buffers[keyPath: batch].removeAll() }
        if !failed.isEmpty { parts.removeAll { failed.contains($0.partition) } }
        return writing.count > failed.count
    }

    private func collectMarkers(_ part: Part, titles: Bool) {
        let (engine, partition, buffers) = (part.engine, part.partition, part.buffers)
        engine.collectMarkers { bucket, marker, expected in
            marker.encoded().withUnsafeBytes { buffers.markers.appendMarker(bucket, expected: expected, value: $0) }
        }
        let hasMoved = titles && movedTitleMarkers.remove(partition) != nil
        guard titles && (hasMoved || engine.titleMarkerExpected != engine.titlePosition) else { return }
        var marker = Marker()
        marker.position = engine.titlePosition
        marker.home = titleHomes[partition]
        marker.encoded().withUnsafeBytes {
            buffers.markers.appendTitleMarker(expected: engine.titleMarkerExpected, value: $0)
        }
    }

    /// Signals go to their sessions' streams.
    func append(_ signals: SignalBatch) throws(StoreError) { try connection.append(signals) }

    func makeSignalBatch() -> SignalBatch { SignalBatch(keys: keys) }
}
