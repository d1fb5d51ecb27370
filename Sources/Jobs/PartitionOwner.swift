import Features

/// Holds a partition's processor for its worker. Every call is one access to its state, however much of it the call reads and changes.
///
/// It does not conform to `PartitionEngine` itself: calls through the protocol would then run code that is generic at run time. The
/// subclasses of it, one a topic, are what the compiler specialises it for.
class PartitionOwner<State: TopicOperator> {
    private var processor: PartitionProcessor<State>

    init(_ start: EngineStart) { processor = PartitionProcessor(start) }

    func missingUsers(of batch: EventBatch, bytes: UnsafeRawBufferPointer) -> [MissingUser] {
        processor.missingUsers(of: batch, bytes: bytes)
    }

    func install(_ user: MissingUser, value: UnsafeRawBufferPointer?) throws(StateError) { try processor.install(user, value: value) }

    func process(_ batch: EventBatch, bytes: UnsafeRawBufferPointer) -> [MissingTitle] { processor.process(batch, bytes: bytes) }

    func install(_ title: MissingTitle, value: UnsafeRawBufferPointer?) throws(StateError) { try processor.install(title, value: value) }

    func settleTitles() { processor.settleTitles() }

    var mustCommit: Bool { processor.mustCommit }
    var changedUserCount: Int { processor.changedUsers.count }
    var changedTitleCount: Int { processor.titles.changedCount }

    func collectUsers(_ body: (UserWrite) -> Void) { processor.collectUsers(body) }

    func takeEmissions() -> [Emission] { processor.takeEmissions() }

    func collectTitles(_ body: (TitleWrite) -> Void) { processor.collectTitles(body) }

    var mustCommitTitles: Bool { processor.mustCommitTitles }

    func collectErasures(_ body: (UserWrite) -> Void) { processor.collectErasures(body) }

    func collectMarkers(_ body: (_ bucket: Bucket, _ marker: Marker, _ expected: Position?) -> Void) { processor.collectMarkers(body) }

    func committed(titles: Bool, at now: Int64) { processor.committed(titles: titles, at: now) }

    var titlePosition: Position { processor.titlePosition }
    var titleMarkerExpected: Position? { processor.titles.storedMarker }
    var definitionVersion: Int64 { processor.definition.version }
    var summary: Marker { processor.summary }
    var cachedUserCount: Int { processor.slots.count - 1 }
    var outboxCount: Int { processor.outboxCount }
    var nameByteCount: Int { processor.context.names.byteCount }

    func dropCache() { processor.dropCache() }

    func residue(of batch: EventBatch, bytes: UnsafeRawBufferPointer) -> ErasedResidue { processor.residue(of: batch, bytes: bytes) }
}
