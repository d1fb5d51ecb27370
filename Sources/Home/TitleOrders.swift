// hot path
import Features

/// Titles brought into order once for all requests of a second.
struct TitleOrders {
    let ordered: [OrderedTitle]
    let starts: [Int32]
    let greatest: [Int64]
    let least: [Int64]
    private let showable: [Int32]

    /// Orders the titles of each genre set by their points, ties by index, and notes in `titles` where they came to stand.
    init(_ titles: inout [TitleStanding], columns: TitleColumns, region: RegionID) {
        showable = (0..<Int32(columns.count)).filter { columns.isShowable(Int($0), in: region) }
        var starts = [Int32](repeating: 0, count: columns.sets.count + 1)
        for title in showable { starts[columns.set(of: Int(title)) + 1] += 1 }
        for set in 0..<columns.sets.count { starts[set + 1] += starts[set] }
        var next = starts
        var keys = [UInt64](repeating: 0, count: showable.count)
        for title in showable {
            let set = columns.set(of: Int(title))
            keys[Int(next[set])] = Points.key(titles[Int(title)].points, title)
            next[set] += 1
        }
        for set in 0..<columns.sets.count { keys[Int(starts[set])..<Int(starts[set + 1])].sort(by: >) }
        let ordered = keys.map { OrderedTitle(titles, Points.title(ofKey: $0)) }
        for place in ordered.indices { titles[Int(ordered[place].title)].place = Int32(place) }
        let sets = 0..<columns.sets.count
        greatest = sets.map { starts[$0] == starts[$0 + 1] ? -Points.unreached : ordered[Int(starts[$0])].points }
        least = sets.map { starts[$0] == starts[$0 + 1] ? Points.unreached : ordered[Int(starts[$0 + 1]) - 1].points }
        self.ordered = ordered
        self.starts = starts
    }

    /// All showable titles by a score, greatest first, ties by index.
    func sorted(by score: (Int) -> Float) -> [Int32] {
        var keys = showable.map { Points.key(Points.of(score(Int($0))), $0) }
        keys.sort(by: >)
        return keys.map { Points.title(ofKey: $0) }
    }

    /// Those of the showable titles that are new, ascending.
    func newest(_ titles: [TitleStanding]) -> [OrderedTitle] {
        showable.filter { titles[Int($0)].newness > 0 }.map { OrderedTitle(titles, $0) }
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

extension OrderedTitle {
    fileprivate init(_ titles: [TitleStanding], _ title: Int32) {
        let standing = titles[Int(title)]
        self.init(points: standing.points, title: title, maturity: standing.maturity, set: standing.set)
    }
}
