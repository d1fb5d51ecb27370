import EventLog
import Events
import Features
import Jobs

/// What must hold before a job may go on from its markers.
extension EngineStart {
    private var place: String { "\(topic.name) partition \(partition)" }

    /// The log does not lie (DESIGN §6.1); where it does not fit the markers, a person has to decide.
    func check(_ range: PartitionRange, hasOrigin: Bool) throws(JobHalt) {
        let positions = markers.compactMap { $0?.position } + (titleMarker.map { [$0] } ?? [])
        if let other = positions.first(where: { $0.generation != generation && $0.offset >= 0 }) {
            throw JobHalt(
                "\(place): the features were made from another log (generation \(other.generation), this one is \(generation)); "
                    + "use another namespace, or give back the log they came from")
        }
        if let lost = positions.map(\.offset).first(where: range.isLost) {
            throw JobHalt(
                "\(place): the features hold offset \(lost), which belongs to a future that was lost when the log was restored from a backup "
                    + "or set back: rebuild in a new namespace (`recs replay --from log`, then `recs namespace switch`)")
        }
        if let newest = positions.map(\.offset).max(), newest >= range.end {
            throw JobHalt(
                "\(place): the features hold offset \(newest) but the log ends at \(range.end); the log has lost records: rebuild in a new "
                    + "namespace (`recs replay --from log`, then `recs namespace switch`)")
        }
        let floor = markers.compactMap { $0?.outboxFloor }.max() ?? -1
        if floor > titleMarker?.offset ?? -1 {
            throw JobHalt("\(place): title counts lie before the outbox floor \(floor); rebuild in a new namespace")
        }
        if let emitted = emittedUpTo, emitted < floor {
            throw JobHalt(
                "\(place): what the namespace before has emitted ends at \(emitted), before the outbox floor \(floor); switch back, then again"
            )
        }
        if resumeOffset < range.start && positions.contains(where: { $0.offset >= 0 }) && !hasOrigin {
            throw JobHalt(
                "\(place): offset \(resumeOffset) is needed and the log begins at \(range.start); rebuild in a new namespace")
        }
    }

    /// What a cluster may have lost behind a marker (see `SlotHome`) only a comparison finds. `titles`: of the title marker; `now`: where that is.
    func checkPlaces(titles: SlotHome?, now: SlotPlace?, namespace: String, isServing: Bool) throws(JobHalt) {
        var lost = unvouched.map { "bucket \($0)" }
        if let now, !now.vouches(for: titles) { lost.append("its titles") }
        if lost.isEmpty { return }
        throw JobHalt(
            "\(place): the slot of \(lost.joined(separator: ", ")) has moved to another node of the Redis Cluster, and a master has joined, or was "
                + "started or replaced, since the marker was written: acknowledged values may be lost. "
                + (isServing
                    ? "Compare with `recs verify`; where all is equal, `recs namespace confirm \(namespace)` and start again; otherwise rebuild in "
                        + "a new namespace"
                    : "`recs namespace drop \(namespace)`, and replay into it again"))
    }
}
