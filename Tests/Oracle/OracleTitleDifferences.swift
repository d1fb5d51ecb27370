package import Features

extension OracleTitle {
    /// What differs in a partition's value of a title, in words. `times` are the moments that windows are read at; none may be more than
    /// five minutes before the newest append.
    package func differences(_ name: String, _ found: TitleValue, names: borrowing NameTable, at times: [Int64]) -> [String] {
        var differences: [String] = []
        for now in times {
            for (kind, expected, regions) in [
                ("plays", plays, found.state.plays), ("impressions", impressions, found.state.impressions),
                ("errors", errors, found.state.errors),
            ] {
                differences += compare(kind, expected, regions, at: now)
            }
        }
        differences += compareFollowers(found.state.successors, names, at: times.last ?? 0)
        return (differences + compareArms(found.state.arms, names)).map { "title \(name), \($0)" }
    }

    /// Beyond 32 regions the smallest join the region without a name: then the sums alone can be told.
    private func compare(_ kind: String, _ expected: [String: [Int64]], _ found: [RegionTiles], at now: Int64) -> [String] {
        let hasJoined = Set(expected.keys).count > 32
        var expected = expected
        if hasJoined { expected = ["*": expected.values.flatMap { $0 }] }
        var differences = found.count > 32 ? ["\(kind): \(found.count) regions"] : []
        for window in CountWindow.allCases {
            var counts: [String: Int64] = [:]
            for region in found { counts[hasJoined ? "*" : region.region.text, default: 0] += region.tiles.count(window: window, at: now) }
            for region in Set(expected.keys).union(counts.keys).sorted() {
                let count = Int64((expected[region] ?? []).filter { isWithin(window, $0, now: now) }.count)
                let other = counts[region] ?? 0
                if count != other {
                    differences.append("\(kind), region '\(region)', window \(window) at \(now): expected \(count), found \(other)")
                }
            }
        }
        return differences
    }

    /// Beyond 64 followers the weak ones go: then what is left has at most the sums that it should have.
    private func compareFollowers(_ found: [Successor], _ names: borrowing NameTable, at now: Int64) -> [String] {
        var differences = found.count == min(followers.count, 64) ? [] : ["\(found.count) followers instead of \(followers.count)"]
        let isBounded = followers.count > 64
        for follower in found {
            let title = names.text(follower.title)
            let parts = followers[title] ?? []
            let total = parts.reduce(0) { $0 + $1.weight }
            let (recent, tolerance) = decayed(parts, halfLife: 90 * day, now: now)
            let value = follower.recent.value(at: now, halfLife: 90 * day)
            if follower.total != total && !(isBounded && follower.total > 0 && follower.total < total) {
                differences.append("follower \(title): expected \(total), found \(follower.total)")
            }
            if abs(value - recent) > tolerance && !(isBounded && value < recent) {
                differences.append("follower \(title), decayed: expected \(recent), found \(value)")
            }
        }
        return differences
    }

    private func compareArms(_ found: [ArmCount], _ names: borrowing NameTable) -> [String] {
        var counts: [Arm: (exposed: Int64, won: Int64)] = [:]
        for arm in found {
            counts[Arm(test: names.text(arm.test), variant: names.text(arm.variant), segment: names.text(arm.segment))] = (
                arm.exposed, arm.won
            )
        }
        return Set(arms.keys).union(counts.keys).compactMap { arm in
            let expected = arms[arm] ?? (0, 0)
            let found = counts[arm] ?? (0, 0)
            if expected == found { return nil }
            return "test \(arm.test), variant \(arm.variant), segment '\(arm.segment)': expected \(expected), found \(found)"
        }
    }
}
