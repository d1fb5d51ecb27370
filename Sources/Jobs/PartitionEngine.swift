package import Events
package import Features

/// One partition of one topic, as its worker drives it: a state machine without I/O. The worker loads what `missing…` names, installs it,
/// lets it process, writes what `collect…` gives, and tells it `committed`. Anything unexpected: the worker drops the engine and makes
/// a new one from the markers (DESIGN §6.5, §6.6).
///
/// All calls are per batch; the eight topics differ in the state they are specialised for (`makeEngine`).
package protocol PartitionEngine: AnyObject {
    /// Sorts the batch into faults, filtered and usable records and answers the viewers whose values must be installed first.
    func missingUsers(of batch: EventBatch, bytes: UnsafeRawBufferPointer) -> [MissingUser]
    /// Gives a viewer's stored value, nil where there is none.
    func install(_ user: MissingUser, value: UnsafeRawBufferPointer?) throws(StateError)
    /// Applies the batch last sorted; answers the titles whose values must be installed before `settleTitles`.
    func process(_ batch: EventBatch, bytes: UnsafeRawBufferPointer) -> [MissingTitle]
    func install(_ title: MissingTitle, value: UnsafeRawBufferPointer?) throws(StateError)
    /// Applies the effects of the batch to the title values.
    func settleTitles()

    /// True where a commit must not wait: a viewer has had many events since the last one, and keeps the ids of all of them until then.
    var mustCommit: Bool { get }
    /// Values changed since the last commit.
    var changedUserCount: Int { get }
    var changedTitleCount: Int { get }
    /// Conditional writes of all changed viewers' values (DESIGN §6.2, §6.5).
    func collectUsers(_ body: (UserWrite) -> Void)
    /// Effects that go elsewhere than to a title value since the last commit, in offset order.
    func takeEmissions() -> [Emission]
    /// Conditional writes of all changed titles' values (DESIGN §6.4).
    func collectTitles(_ body: (TitleWrite) -> Void)
    /// True where the next commit must be one with titles: a viewer was erased, or has an outbox at its bound.
    var mustCommitTitles: Bool { get }
    /// Conditional writes of erased viewers' values without what the titles hold now (DESIGN §6.9): after the title values, before the markers.
    func collectErasures(_ body: (UserWrite) -> Void)
    /// The markers of the buckets that have moved, with the position the store should hold before.
    func collectMarkers(_ body: (_ bucket: Bucket, _ marker: Marker, _ expected: Position?) -> Void)
    /// All that was collected is in the store; `titles` tells whether the title values were part of it, `now` the time after it by a clock
    /// of the worker's that never goes back, milliseconds.
    func committed(titles: Bool, at now: Int64)
    /// The title marker to write after the title values: effects up to it are in them.
    var titlePosition: Position { get }
    var titleMarkerExpected: Position? { get }

    /// The version of the definition in force after the batch last processed; the worker adds those that a batch names beyond it.
    var definitionVersion: Int64 { get }
    /// Sum of the buckets' ledgers, newest log time and event time, definition in force.
    var summary: Marker { get }
    /// Viewers held in memory, the entries of their outboxes, and the bytes of all names in their states (sessions and searches among them,
    /// which are always new); for the cache's bound.
    var cachedUserCount: Int { get }
    var outboxCount: Int { get }
    var nameByteCount: Int { get }
    /// Forgets all that is cached and unchanged; only after `committed`.
    func dropCache()

    /// Processes a batch of one record, of a viewer who is erased later or a change of the definition, and answers what is left of it where an
    /// archive drops it (DESIGN §6.9). For an engine that does nothing else and begins with the beginning of these viewers: it commits and emits
    /// nothing, and keeps no more than their values.
    func residue(of batch: EventBatch, bytes: UnsafeRawBufferPointer) -> ErasedResidue
}

/// A viewer whose value the engine needs.
package struct MissingUser: Sendable {
    /// The engine's number for the viewer.
    package let index: Int
    package let bucket: Bucket
    package let user: [UInt8]

    package init(index: Int, bucket: Bucket, user: [UInt8]) {
        self.index = index
        self.bucket = bucket
        self.user = user
    }
}

/// A title whose value the engine needs.
package struct MissingTitle: Sendable {
    package let name: Name
    package let title: [UInt8]

    package init(name: Name, title: [UInt8]) {
        self.name = name
        self.title = title
    }
}

/// A conditional write of a viewer's value; the buffers live for the call only.
package struct UserWrite {
    package let bucket: Bucket
    package let user: UnsafeRawBufferPointer
    /// The position that the stored value must have; nil: no value may be there.
    package let expected: Position?
    package let value: UnsafeRawBufferPointer
    /// When the store may let it go, milliseconds since 1970.
    package let expiresAt: Int64
    package let asOf: Int64
    /// True for the tombstone of an erased viewer.
    package let isErased: Bool
}

/// A conditional write of a title's value; the buffers live for the call only.
package struct TitleWrite {
    package let title: UnsafeRawBufferPointer
    package let expected: Position?
    package let value: UnsafeRawBufferPointer
    /// The value's new applied offset, for the index of changed titles.
    package let offset: Int64
}

/// Something to emit after the viewers' values are safe: an event for another topic, a signal, a dead letter.
package enum Emission: Sendable {
    /// For `attribution_events`: user id, the forward with its names spelled out, derived from the record at `offset`.
    case forward(user: [UInt8], offset: Int64, index: Int, kind: ForwardKind, test: String, variant: String, segment: String, at: Int64)
    case signal(session: String, offset: Int64, rung: Int32, bitrateKbps: Int64, emptiesInMilliseconds: Int64, reason: UInt8, at: Int64)
    case deadLetter(user: [UInt8], offset: Int64, reason: DeadLetterReason, value: [UInt8])

    package enum ForwardKind: Sendable { case impression, play, assignment }
}

/// What an engine starts from.
package struct EngineStart {
    package var topic: Topic
    package var partition: Int32
    package var generation: UInt64
    /// The one in force at the lowest of the buckets' markers.
    package var definition: Definition
    /// By bucket index; nil where the bucket has none yet.
    package var markers: [Marker?]
    package var titleMarker: Position?
    /// False while another namespace emits what goes elsewhere than to title values.
    package var emits = true
    /// True where this namespace may take the place of the one that emits.
    package var isFed = false
    /// Where this namespace takes over: all effects up to this offset were emitted by the namespace that served before. Effects beyond it are
    /// emitted again, also those of events that the values hold already.
    package var emittedUpTo: Int64?
    /// True where viewers' and titles' values stand on several servers, of which one may come back with less than the others. The floor then
    /// goes by the worker's clock as well, and an erased viewer's outbox waits for it as any other does.
    package var isSpread = false
    /// Where the buckets' slots are in a cluster, by index; empty for a single server.
    package var places: [SlotPlace] = []
    /// Entries of a viewer's outbox beyond which it does not keep for a minute of log time what is settled (DESIGN §6.4): where one server has all
    /// and this namespace serves, a value is of bounded size, whatever the rate of events; elsewhere it is bounded by ten seconds of the clock.
    package var outboxCountMax = 1024

    package init(
        topic: Topic, partition: Int32, generation: UInt64, definition: Definition, markers: [Marker?], titleMarker: Position?
    ) {
        self.topic = topic
        self.partition = partition
        self.generation = generation
        self.definition = definition
        self.markers = markers
        self.titleMarker = titleMarker
    }

    /// Where a bucket's marker is written.
    func home(_ bucket: Int) -> SlotHome? { places.isEmpty ? nil : places[bucket].home(after: markers[bucket]?.home) }

    /// The buckets of whose values some may be lost behind their markers (see `SlotPlace.vouches`).
    package var unvouched: [Int] {
        places.indices.filter { !places[$0].vouches(for: markers[$0]?.home) }
    }

    /// The viewer's bucket, as `Keys` has it.
    func bucketIndex(of user: UnsafeRawBufferPointer) -> Int32 {
        Int32(truncatingIfNeeded: Int(Keys.fnv1a(user)) % markers.count)
    }

    /// Offsets of another log say nothing of this one.
    func check(_ applied: Position) throws(StateError) {
        guard applied.generation == generation else {
            throw StateError(
                "state was made from another log (generation \(applied.generation), this one is \(generation)); use another namespace, "
                    + "or give back the log it came from")
        }
    }

    /// The first offset that has to be read (again): the lowest of the partition's markers, plus one (DESIGN §6.6); lower where emissions
    /// are taken over.
    package var resumeOffset: Int64 {
        var lowest = min(titleMarker?.offset ?? -1, emittedUpTo ?? .max)
        for marker in markers { lowest = min(lowest, marker?.position.offset ?? -1) }
        return lowest + 1
    }
}

extension Sequence<Marker?> {
    /// The version of the definition in force at the lowest of a partition's markers; `first`, the namespace's own, where a bucket has none.
    ///
    /// It is the one to resume with, even where a title marker is lower: a record at or before its bucket's marker is a redelivery, for
    /// which the definition does not matter.
    package func definitionVersion(first: Int64) -> Int64 {
        var lowest: Marker?
        for marker in self {
            guard let marker, marker.position.offset >= 0 else { return first }
            if marker.position.offset < lowest?.position.offset ?? .max { lowest = marker }
        }
        return lowest?.definitionVersion ?? first
    }

    /// The offset up to which all of a partition that goes elsewhere than to title values was emitted: by the namespace that these are the
    /// markers of, while it served, or by the one before it, which had come to `handover` (nil: there was none); -1 where that is nothing.
    ///
    /// A marker that moved while the namespace was only fed tells what its values hold; of what it emitted it tells nothing.
    package func emittedOffset(handover: Int64?) -> Int64 {
        reduce(Int64.max) { lowest, marker in
            let offset = marker?.position.offset ?? -1
            return Swift.min(lowest, marker?.isEmitted == false ? Swift.min(offset, handover ?? -1) : offset)
        }
    }
}

/// The engine of a topic's partition.
package func makeEngine(_ start: EngineStart) -> any PartitionEngine {
    switch start.topic {
    case .play: PlayEngine(start)
    case .search: SearchEngine(start)
    case .impression: ImpressionEngine(start)
    case .feedback: FeedbackEngine(start)
    case .quality: QualityEngine(start)
    case .error: ErrorEngine(start)
    case .experiment: ExperimentEngine(start)
    case .attribution: AttributionEngine(start)
    case .deadLetters: preconditionFailure("dead letters have no job")
    }
}

private final class PlayEngine: PartitionOwner<PlayState>, PartitionEngine {}
private final class SearchEngine: PartitionOwner<SearchState>, PartitionEngine {}
private final class ImpressionEngine: PartitionOwner<ImpressionState>, PartitionEngine {}
private final class FeedbackEngine: PartitionOwner<FeedbackState>, PartitionEngine {}
private final class QualityEngine: PartitionOwner<QualityState>, PartitionEngine {}
private final class ErrorEngine: PartitionOwner<ErrorState>, PartitionEngine {}
private final class ExperimentEngine: PartitionOwner<ExperimentState>, PartitionEngine {}
private final class AttributionEngine: PartitionOwner<AttributionState>, PartitionEngine {}
