// hot path

extension Effect {
    /// The title whose state the effect changes; nil for forwards and signals.
    package var title: Name? {
        switch self {
        case .played(let title, _, _), .shown(let title, _, _), .failed(let title, _, _): title
        case .followed(let from, _, _, _): from
        case .credited(let title, _, _, _, _, _): title
        case .forward, .signal: nil
        }
    }
}

extension TitleState {
    /// Applies an effect that concerns this title (`effect.title`); others change nothing. `logTime` is the append time of its event:
    /// tiles of the region that have left every window by then go.
    ///
    /// Lists are bounded by total orders that do not depend on the process: a region beyond `regionCountMax` makes the region with the
    /// smallest total (ties: the smallest code) join the region `.none`, so that sums over regions stay exact; a successor beyond
    /// `successorCountMax` drives out the weakest of the others (total, then decayed weight, then the title's bytes: by decayed weight
    /// first, a long history would keep no more than the last titles seen); an arm beyond
    /// `armCountMax` is counted under its test and variant without a segment.
    package mutating func apply(_ effect: Effect, logTime: Int64, names: borrowing NameTable) {
        switch effect {
        case .played(_, let region, let at): TitleState.count(in: &plays, region, at: at, logTime: logTime)
        case .shown(_, let region, let at): TitleState.count(in: &impressions, region, at: at, logTime: logTime)
        case .failed(_, let region, let at): TitleState.count(in: &errors, region, at: at, logTime: logTime)
        case .followed(_, let to, let weight, let at): follow(to, weight: weight, at: at, names)
        case .credited(_, let test, let variant, let segment, let exposed, let won):
            credit(ArmCount(test: test, variant: variant, segment: segment, exposed: exposed, won: won))
        case .forward, .signal: break
        }
    }

    /// Drops tiles that have left every window at a log time, milliseconds.
    package mutating func expire(logTime: Int64) {
        for index in plays.indices { plays[index].tiles.expire(logTime: logTime) }
        for index in impressions.indices { impressions[index].tiles.expire(logTime: logTime) }
        for index in errors.indices { errors[index].tiles.expire(logTime: logTime) }
    }

    private static func count(in regions: inout [RegionTiles], _ region: RegionID, at: Int64, logTime: Int64) {
        let place = index(of: region, in: &regions)
        regions[place].tiles.add(count: 1, at: at)
        regions[place].tiles.expire(logTime: logTime)
        while regions.count > regionCountMax { joinSmallest(in: &regions, except: region) }
    }

    private static func index(of region: RegionID, in regions: inout [RegionTiles]) -> Int {
        if let place = regions.firstIndex(where: { $0.region == region }) { return place }
        regions.append(RegionTiles(region: region))
        return regions.count - 1
    }

    private static func joinSmallest(in regions: inout [RegionTiles], except newest: RegionID) {
        var smallest = -1
        for place in regions.indices where regions[place].region != newest && regions[place].region != .none {
            if smallest < 0 || isSmaller(regions[place], than: regions[smallest]) { smallest = place }
        }
        let gone = regions.remove(at: smallest)
        regions[index(of: .none, in: &regions)].tiles.merge(gone.tiles)
    }

    private static func isSmaller(_ a: RegionTiles, than b: RegionTiles) -> Bool {
        a.tiles.total != b.tiles.total ? a.tiles.total < b.tiles.total : a.region.raw < b.region.raw
    }

    private mutating func follow(_ title: Name, weight: Int64, at: Int64, _ names: borrowing NameTable) {
        var place = successors.count
        if let found = successors.firstIndex(where: { $0.title == title }) {
            place = found
        } else {
            successors.append(Successor(title: title, total: 0, recent: DecayedSum()))
        }
        successors[place].total &+= weight
        successors[place].recent.add(weight, at: at, halfLife: DecayedSum.coPlayHalfLife)
        if successors.count > TitleState.successorCountMax {
            var weakest = 0
            for other in 1..<successors.count - 1 where isWeaker(successors[other], than: successors[weakest], names) { weakest = other }
            successors.remove(at: weakest)
        }
    }

    private func isWeaker(_ a: Successor, than b: Successor, _ names: borrowing NameTable) -> Bool {
        if a.total != b.total { return a.total < b.total }
        if a.recent.isLess(than: b.recent) { return true }
        if b.recent.isLess(than: a.recent) { return false }
        return names.isOrdered(a.title, before: b.title)
    }

    private mutating func credit(_ change: ArmCount) {
        var change = change
        var place = index(of: change)
        if place == nil && arms.count >= TitleState.armCountMax {
            change.segment = .none
            place = index(of: change)
        }
        if let place {
            arms[place].exposed &+= change.exposed
            arms[place].won &+= change.won
        } else {
            arms.append(change)
        }
    }

    private func index(of arm: ArmCount) -> Int? {
        arms.firstIndex { $0.test == arm.test && $0.variant == arm.variant && $0.segment == arm.segment }
    }
}

extension NameTable {
    /// Orders names by their bytes, which is the same in every process.
    package func isOrdered(_ a: Name, before b: Name) -> Bool {
        withBytes(a) { first in withBytes(b) { second in first.lexicographicallyPrecedes(second) } }
    }
}
