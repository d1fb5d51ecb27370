import Events
import Features
import Jobs

/// A log as an archive keeps it once the erasures on it were carried out.
struct CompactedLog {
    var log: EngineLog
    /// Offsets of records that are no more than residues.
    var residues: Set<Int64> = []
    /// Erasures that were completed.
    var completedCount = 0

    /// Carries out the erasures of the first `count` records, all by default.
    init(_ original: EngineLog, first count: Int = .max) {
        log = original
        let engine = makeEngine(
            EngineStart(
                topic: original.topic, partition: 0, generation: EngineLog.generation,
                definition: Definition(version: 0, settings: testSettings, catalog: smallCatalog),
                markers: Array(repeating: nil, count: EngineWorld.bucketCount), titleMarker: nil))
        let indices = original.records.indices.prefix(count)
        var found: [Int: ErasedResidue] = [:]
        var ends: [String: Int] = [:]
        for index in indices where original.isErasedLater(index, indices) || original.records[index].event.type == .definitionsChanged {
            let residue = original.residue(of: index, by: engine)
            let event = original.records[index].event
            if event.type == .definitionsChanged { continue }
            found[index] = residue
            if event.type == .userErased, residue.outcome == .applied { ends[original.text(event.user)] = index }
        }
        for (index, residue) in found.sorted(by: { $0.key < $1.key }) {
            guard let end = ends[original.text(original.records[index].key)] else { continue }
            if index < end { leave(residue, at: index) }
            if index == end { complete(index, residue) }
        }
    }

    private mutating func leave(_ residue: ErasedResidue, at index: Int) {
        log.change(index) { record, maker in
            var event = Event(type: .erasedResidue)
            event.timestamp = record.fault == nil ? record.event.timestamp : record.event.appendTime
            event.offset = record.event.offset
            event.appendTime = record.event.appendTime
            event.text = maker.slice("\(residue.outcome.name)")
            event.number = Int64(residue.bucket)
            event.detail = maker.slice(residue.effects)
            record = EngineLog.Record(event: event, key: .empty, value: maker.slice("residue"), fault: nil)
        }
        residues.insert(log.records[index].event.offset)
    }

    private mutating func complete(_ index: Int, _ residue: ErasedResidue) {
        guard log.records[index].event.detail.isEmpty else { return }
        log.change(index) { record, maker in
            record.event.detail = maker.slice(residue.past)
            if !residue.sourceOffsets.isEmpty { record.event.list = maker.list(residue.sourceOffsets) }
        }
        completedCount += 1
    }

    /// What the log must come to: what the original comes to, but for what was sent elsewhere on behalf of the erased viewers.
    func expected(of original: EngineLog) -> EngineOutcome {
        var outcome = original.expectedOutcome
        func isKept(_ words: String) -> Bool { !residues.contains(Int64(words.prefix { $0.isNumber }) ?? -1) }
        outcome.forwards = outcome.forwards.filter(isKept)
        outcome.deadLetters = outcome.deadLetters.filter(isKept)
        outcome.signals = outcome.signals.filter(isKept)
        return outcome
    }
}

extension EngineLog {
    /// True for a record of a viewer who has an erasure there or later.
    fileprivate func isErasedLater(_ index: Int, _ indices: Range<Int>.SubSequence) -> Bool {
        let key = text(records[index].key)
        return !key.isEmpty && indices[index...].contains { records[$0].event.type == .userErased && text(records[$0].key) == key }
    }

    fileprivate func residue(of index: Int, by engine: any PartitionEngine) -> ErasedResidue {
        var (batch, bytes) = batch(index..<index + 1, padding: index % 5)
        batch.definitions = batch.definitions.filter { $0.version > engine.definitionVersion }
        return bytes.withUnsafeBytes { engine.residue(of: batch, bytes: $0) }
    }
}
