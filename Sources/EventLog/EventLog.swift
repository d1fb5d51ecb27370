package import Events

/// The records of one poll: all bytes in one buffer, every record a set of slices of it; reused from poll to poll.
package struct RecordBatch: Sendable {
    package struct Record: Sendable, BitwiseCopyable {
        package var partition: Int32
        package var offset: Int64
        /// Append time, milliseconds since 1970.
        package var timestamp: Int64
        package var key: Slice
        package var value: Slice

        package init(partition: Int32, offset: Int64, timestamp: Int64, key: Slice, value: Slice) {
            self.partition = partition
            self.offset = offset
            self.timestamp = timestamp
            self.key = key
            self.value = value
        }
    }

    package var bytes: [UInt8] = []
    package var records: [Record] = []

    package init() {}

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
    }
}

/// Records to append, in one buffer; the key of a user topic is the user id's bytes, the value Confluent wire format.
/// A partition that the topic does not have is a broken invariant.
package struct AppendBatch: Sendable {
    package struct Record: Sendable, BitwiseCopyable {
        package var topic: Topic
        package var key: Slice
        package var value: Slice
        /// Where it shall stand; nil: where its key belongs.
        package var partition: Int32?

        package init(topic: Topic, key: Slice, value: Slice, partition: Int32? = nil) {
            self.topic = topic
            self.key = key
            self.value = value
            self.partition = partition
        }
    }

    package var bytes: [UInt8] = []
    package var records: [Record] = []

    package init() {}
}

/// Where a record stands.
package struct LogPosition: Sendable, Hashable {
    package var topic: Topic
    package var partition: Int32
    package var offset: Int64

    package init(topic: Topic, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }
}

/// What became of one record of an `AppendBatch`: durable at a position, or not in the log (and safe to send again).
package enum AppendOutcome: Sendable {
    case appended(LogPosition)
    case failed(LogError)
}

/// What the log holds of one partition: offsets `start..<end`, but for its leaps.
package struct PartitionRange: Sendable, Hashable {
    package var partition: Int32
    package var start: Int64
    package var end: Int64
    /// Ascending; the next append may come behind one that begins at `end`.
    package var leaps: [LogLeap]

    package init(partition: Int32, start: Int64, end: Int64, leaps: [LogLeap] = []) {
        self.partition = partition
        self.start = start
        self.end = end
        self.leaps = leaps
    }
}

/// What a poll brought.
package enum PollResult: Sendable, Equatable {
    /// Records are in the batch (perhaps none: the time ran out).
    case records
    /// These partitions are ours now; `seek` each of them before the next poll.
    case assigned([Int32])
    /// These are ours no longer; drop what is held of them.
    case revoked([Int32])
}

/// The event log: topics of partitions of records with ascending offsets (DESIGN §5). Kafka and the embedded log behave alike.
package protocol EventLog: Sendable {
    /// Creates the topic if it is missing and answers its partition count and generation (minted once, when the topic was created).
    func open(_ topic: Topic, partitions: Int) async throws(LogError) -> TopicDescription
    /// Appends; answers one outcome a record, in order, once each is durable. The part of a batch that goes to one topic is atomic where the log can do it.
    func append(_ batch: AppendBatch) async -> [AppendOutcome]
    /// The same for callers on a thread of their own (jobs).
    func appendBlocking(_ batch: AppendBatch) -> [AppendOutcome]
    func ranges(_ topic: Topic) async throws(LogError) -> [PartitionRange]
    /// The first offset of each partition whose append time is at or after `time`.
    func offsets(_ topic: Topic, atOrAfter time: Int64) async throws(LogError) -> [Int32: Int64]
    /// A consumer for one thread. With a `group`, the log may share partitions among the group's members; without one it gets them all.
    func consumer(_ topic: Topic, group: String?) throws(LogError) -> any LogConsumer
    /// Frees threads and handles; waits for appends under way.
    func close() async
}

/// A topic's partition count and generation.
package struct TopicDescription: Sendable, Hashable {
    package var topic: Topic
    package var partitions: Int
    package var generation: UInt64

    package init(topic: Topic, partitions: Int, generation: UInt64) {
        self.topic = topic
        self.partitions = partitions
        self.generation = generation
    }
}

/// Reads one topic; belongs to one thread, all calls block.
///
/// The first poll that has partitions answers `.assigned`, with a group and without. A partition that was not sought is read from the log's start.
/// Offsets ascend but need not be consecutive: Kafka uses some up for its own purposes, and older archives lack erased records.
package protocol LogConsumer: AnyObject {
    /// Fills `batch` (emptied first) with up to `recordCountMax` records, waiting at most `timeoutMilliseconds` for the first.
    func poll(into batch: inout RecordBatch, recordCountMax: Int, timeoutMilliseconds: Int) throws(LogError) -> PollResult
    /// The next poll of the partition starts at `offset`; `.mismatch` if that is neither on the log nor its end. So does a later poll, if retention
    /// has deleted what was to be read next.
    func seek(partition: Int32, to offset: Int64) throws(LogError)
    /// How far reading has come: every record before this offset was handed over or does not exist (what stands at a partition's end can be
    /// marks of Kafka's own, which no poll brings). Nil where the partition is not ours.
    func position(partition: Int32) -> Int64?
    /// Tells the log how far the group is; for lag tools only (DESIGN §6.6), never read back.
    func commit(partition: Int32, next offset: Int64)
    /// What the log holds of the partitions assigned.
    func range(partition: Int32) throws(LogError) -> PartitionRange
    /// The end of a partition that is ours as far as the consumer knows it, cheaply: never behind what it has read and never falling. While it is
    /// polled, what is appended shows as soon as a poll could bring it. That the log is out of reach does not show: ask for the range.
    func knownEnd(partition: Int32) throws(LogError) -> Int64
    func close()
}

/// The module's error: what was being done, what was found, what to do.
package struct LogError: Error, Sendable, CustomStringConvertible, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The log cannot take or give data now; try again later (a gateway answers 503).
        case unavailable
        /// The disk is full.
        case full
        /// The batch or record is larger than the log takes.
        case tooLarge
        /// The topic is not what we were told (missing, other generation, other partition count).
        case mismatch
        case invalid
    }
    package var kind: Kind
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// The partition of a key: Kafka's `murmur2_random` partitioner, as Java, Python and librdkafka compute it for a key that is not null.
package func partition(of key: UnsafeRawBufferPointer, count: Int) -> Int32 {
    Int32(truncatingIfNeeded: (Int(murmur2(key)) & 0x7fff_ffff) % count)
}
