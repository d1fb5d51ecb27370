// hot path

extension TitleState {
    package func encode(into writer: inout StateWriter, names: borrowing NameTable) {
        TitleState.encode(plays, into: &writer)
        TitleState.encode(impressions, into: &writer)
        TitleState.encode(errors, into: &writer)
        writer.count(successors.count)
        for successor in successors {
            writer.name(successor.title, names)
            writer.zigzag(successor.total)
            successor.recent.encode(into: &writer)
        }
        writer.count(arms.count)
        for arm in arms {
            writer.name(arm.test, names)
            writer.name(arm.variant, names)
            writer.name(arm.segment, names)
            writer.zigzag(arm.exposed)
            writer.zigzag(arm.won)
        }
    }

    package init(from reader: inout StateReader, names: inout NameTable) throws(StateError) {
        self.init()
        plays = try TitleState.regions(from: &reader)
        impressions = try TitleState.regions(from: &reader)
        errors = try TitleState.regions(from: &reader)
        let successorCount = try reader.count(minimumByteCount: 5)
        successors.reserveCapacity(successorCount)
        for _ in 0..<successorCount {
            successors.append(
                Successor(title: try reader.name(&names), total: try reader.amount(), recent: try DecayedSum(from: &reader)))
        }
        let armCount = try reader.count(minimumByteCount: 5)
        arms.reserveCapacity(armCount)
        for _ in 0..<armCount {
            arms.append(
                ArmCount(
                    test: try reader.name(&names), variant: try reader.name(&names), segment: try reader.name(&names),
                    exposed: try reader.amount(), won: try reader.amount()))
        }
    }

    private static func encode(_ regions: [RegionTiles], into writer: inout StateWriter) {
        writer.count(regions.count)
        for entry in regions {
            writer.region(entry.region)
            entry.tiles.encode(into: &writer)
        }
    }

    private static func regions(from reader: inout StateReader) throws(StateError) -> [RegionTiles] {
        let count = try reader.count(minimumByteCount: 3)
        var regions: [RegionTiles] = []
        regions.reserveCapacity(count)
        for _ in 0..<count {
            var entry = RegionTiles(region: try reader.region())
            entry.tiles = try CountTiles(from: &reader)
            regions.append(entry)
        }
        return regions
    }
}
