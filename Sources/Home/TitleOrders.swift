// hot path

/// Titles brought into order once for all requests of a second.
struct TitleOrders {
    let ordered: [UInt64]
    let starts: [Int32]
    let first: [UInt64]
    let steps: [UInt64]
    let least: [Int64]
    private let showable: [Int32]

    /// Orders the titles of each genre set by their points, ties by index.
    init(_ points: [Int64], columns: TitleColumns, isShowable: TitleSet) {
        showable = (0..<Int32(columns.count)).filter { isShowable.contains(Int($0)) }
        var starts = [Int32](repeating: 0, count: columns.sets.count + 1)
        for title in showable { starts[columns.set(of: Int(title)) + 1] += 1 }
        for set in 0..<columns.sets.count { starts[set + 1] += starts[set] }
        var next = starts
        var keys = [UInt64](repeating: 0, count: showable.count)
        for title in showable {
            let set = columns.set(of: Int(title))
            keys[Int(next[set])] = Points.listKey(points[Int(title)], title)
            next[set] += 1
        }
        var steps = [UInt64](repeating: 0, count: columns.count)
        let sets = 0..<columns.sets.count
        for set in sets {
            keys[Int(starts[set])..<Int(starts[set + 1])].sort(by: >)
            let ordered = keys[Int(starts[set])..<Int(starts[set + 1])]
            for (key, next) in zip(ordered, ordered.dropFirst()) {
                steps[Int(Points.title(ofKey: key))] = next &- key
            }
        }
        self.steps = steps
        first = sets.map { starts[$0] == starts[$0 + 1] ? 0 : keys[Int(starts[$0])] }
        least = sets.map { starts[$0] == starts[$0 + 1] ? 0 : Points.points(ofKey: keys[Int(starts[$0 + 1]) - 1]) }
        ordered = keys
        self.starts = starts
    }

    /// All showable titles by a score, greatest first, ties by index.
    func sorted(by score: (Int) -> Float) -> [Int32] {
        var keys = showable.map { Points.key(Points.of(score(Int($0))), $0) }
        keys.sort(by: >)
        return keys.map { Points.title(ofKey: $0) }
    }

    /// Those of the showable titles that are new, ascending.
    func newest(_ titles: [TitleStanding], _ points: [Int64]) -> [NewTitle] {
        showable.filter { titles[Int($0)].newness > 0 }
            .map { NewTitle(points: points[Int($0)], title: $0, set: titles[Int($0)].set) }
    }

    /// The mean of the greatest `count` values; 0 of none.
    static func meanOfBest(_ count: Int, of titles: [Int32], by values: [Float]) -> Float {
        var best: [Float] = []
        for title in titles {
            let value = values[Int(title)]
            if best.count == count && value <= best[count - 1] { continue }
            best.insert(value, at: best.firstIndex { $0 < value } ?? best.count)
            if best.count > count { best.removeLast() }
        }
        return best.reduce(0, +) / Float(max(best.count, 1))
    }
}
