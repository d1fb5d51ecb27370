/// Keeps what every partition of every job says of every title, and adds it up into a `TitleSnapshot`; only titles that changed are
/// added up again.
package struct TitleSnapshotBuilder: Sendable {
    /// What one partition of one topic says of a title; names are the builder's.
    private struct Part: Sendable {
        var topic: UInt8
        var partition: Int32
        var applied: Position
        var state: TitleState
    }

    /// Successors are valued anew after a day: with their half-life of 90 days they are never more than 0.8 % out.
    private static let revaluationMilliseconds: Int64 = 86_400_000

    private var names = NameTable(capacity: 1024)
    /// By title name.
    private var parts: [[Part]] = [[]]
    /// Catalogue index by title name, −1 where the catalogue does not have it.
    private var indices: [Int32] = [-1]
    private var changed: Set<Name> = []
    private var armsChanged = false
    private var valuedAt = Int64.min
    private var snapshot = TitleSnapshot()

    package init() {}

    /// Takes a title's newest value of one partition of one topic (raw value of `Topic`); a value of the position that is held
    /// already changes nothing. `names` are those of the value.
    package mutating func replace(
        topic: UInt8, partition: Int32, title: String, value: TitleValue, names valueNames: borrowing NameTable
    ) {
        let name = intern(title)
        let place = parts[Int(name.raw)].firstIndex { $0.topic == topic && $0.partition == partition }
        if let place, parts[Int(name.raw)][place].applied == value.applied { return }
        let state = value.state.renamed(from: valueNames, to: &names)
        growParts()
        let part = Part(topic: topic, partition: partition, applied: value.applied, state: state)
        if let place {
            armsChanged = armsChanged || parts[Int(name.raw)][place].state.arms != state.arms
            parts[Int(name.raw)][place] = part
        } else {
            armsChanged = armsChanged || !state.arms.isEmpty
            parts[Int(name.raw)].append(part)
        }
        changed.insert(name)
    }

    /// Forgets what a partition of a topic said: its store was emptied, to be rebuilt.
    package mutating func remove(topic: UInt8, partition: Int32) {
        for raw in parts.indices {
            guard let place = parts[raw].firstIndex(where: { $0.topic == topic && $0.partition == partition }) else { continue }
            parts[raw].remove(at: place)
            changed.insert(Name(raw: UInt32(raw)))
            armsChanged = true
        }
    }

    /// Adds up what changed. `index` tells where a title stands in the catalogue of that version, `titleCount` how many it has; `now`
    /// is the wall time at which the values were read.
    package mutating func makeSnapshot(
        catalogVersion: Int64, titleCount: Int, at now: Int64, index: (TitleID) -> Int?
    ) -> TitleSnapshot {
        let isOtherCatalog = catalogVersion != snapshot.catalogVersion || titleCount != snapshot.titles.count
        if isOtherCatalog { resolve(titleCount: titleCount, index: index) }
        if isOtherCatalog || now - max(valuedAt, 0) > TitleSnapshotBuilder.revaluationMilliseconds {
            for raw in parts.indices where !parts[raw].isEmpty { changed.insert(Name(raw: UInt32(raw))) }
            valuedAt = now
        }
        resolveNewNames(index: index)
        let bounds = TileCells.Bounds(at: now)
        let hasTileEnded = bounds != snapshot.bounds
        for name in changed where indices[Int(name.raw)] >= 0 {
            let place = Int(indices[Int(name.raw)])
            snapshot.titles[place] = totals(of: parts[Int(name.raw)], at: now)
            if !hasTileEnded { snapshot.titles[place].count(bounds) }
        }
        if hasTileEnded {
            for place in snapshot.titles.indices { snapshot.titles[place].count(bounds) }
            snapshot.bounds = bounds
        }
        changed.removeAll(keepingCapacity: true)
        if armsChanged { snapshot.testArms = arms() }
        armsChanged = false
        snapshot.catalogVersion = catalogVersion
        snapshot.asOf = now
        return snapshot
    }

    private mutating func intern(_ title: String) -> Name {
        let name = names.intern(title)
        growParts()
        return name
    }

    private mutating func growParts() {
        while parts.count <= names.count { parts.append([]) }
    }

    private mutating func resolve(titleCount: Int, index: (TitleID) -> Int?) {
        snapshot.titles = Array(repeating: TitleTotals(), count: titleCount)
        indices = [-1]
        resolveNewNames(index: index)
    }

    private mutating func resolveNewNames(index: (TitleID) -> Int?) {
        for raw in indices.count..<max(parts.count, indices.count) {
            let found = index(TitleID(names.text(Name(raw: UInt32(raw))))) ?? -1
            indices.append(snapshot.titles.indices.contains(found) ? Int32(found) : -1)
        }
    }

    private func totals(of parts: [Part], at now: Int64) -> TitleTotals {
        var totals = TitleTotals()
        var sums: [Name: (total: Int64, recent: DecayedSum)] = [:]
        for part in parts {
            totals.plays.merge(part.state.plays)
            totals.impressions.merge(part.state.impressions)
            for successor in part.state.successors where indices[Int(successor.title.raw)] >= 0 {
                sums[successor.title, default: (0, DecayedSum())].total += successor.total
                sums[successor.title, default: (0, DecayedSum())].recent.merge(successor.recent)
            }
        }
        totals.successors = sums.map { name, sum in
            SuccessorWeight(
                title: Int(indices[Int(name.raw)]), total: Double(sum.total) / 1000,
                recent: sum.recent.value(at: now, halfLife: DecayedSum.coPlayHalfLife) / 1000)
        }
        totals.successors.sort { $0.recent != $1.recent ? $0.recent > $1.recent : $0.title < $1.title }
        return totals
    }

    private func arms() -> [TestID: [ArmTotal]] {
        var sums: [ArmKey: (exposed: Int64, won: Int64)] = [:]
        for arm in parts.joined().flatMap(\.state.arms) {
            let key = ArmKey(test: arm.test, variant: arm.variant, segment: arm.segment)
            sums[key, default: (0, 0)].exposed += arm.exposed
            sums[key, default: (0, 0)].won += arm.won
        }
        var arms: [TestID: [ArmTotal]] = [:]
        for (key, sum) in sums {
            let total = ArmTotal(
                variant: VariantID(names.text(key.variant)), segment: names.text(key.segment), exposed: sum.exposed, won: sum.won)
            arms[TestID(names.text(key.test)), default: []].append(total)
        }
        return arms.mapValues { totals in
            totals.sorted { ($0.variant.description, $0.segment) < ($1.variant.description, $1.segment) }
        }
    }

    private struct ArmKey: Hashable {
        var test: Name
        var variant: Name
        var segment: Name
    }
}

extension TitleState {
    /// The same state with the names of another table.
    fileprivate func renamed(from old: borrowing NameTable, to new: inout NameTable) -> TitleState {
        var state = self
        for index in successors.indices {
            state.successors[index].title = old.withBytes(successors[index].title) { new.intern($0) }
        }
        for index in arms.indices {
            state.arms[index].test = old.withBytes(arms[index].test) { new.intern($0) }
            state.arms[index].variant = old.withBytes(arms[index].variant) { new.intern($0) }
            state.arms[index].segment = old.withBytes(arms[index].segment) { new.intern($0) }
        }
        return state
    }
}
