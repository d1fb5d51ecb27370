// hot path
import Features

/// By title, those that are played after it and how closely, side by side in memory: what every page asks of hundreds of titles. The same for all
/// regions.
package struct CoPlays: Sendable {
    struct Neighbour: Sendable, BitwiseCopyable {
        var title: Int32
        /// 0 to about 0.8.
        var closeness: Float
    }

    /// Of title t, in the order of the snapshot: `neighbours[starts[t]..<starts[t + 1]]`.
    private let neighbours: [Neighbour]
    private let starts: [Int32]

    /// How closely a title follows another, by how often it was played after it, against the plays of both.
    init(_ snapshot: TitleSnapshot, titleCount: Int, settings: HomeSettings) {
        let plays = (0..<titleCount).map { snapshot.totalPlays($0, region: nil) }
        let inverseRoots = plays.map { 1 / (Float(max($0, 0)) + settings.coPlayShrinkPlays).squareRoot() }
        let discounts = plays.map { Float.power(Float(max($0, 0)) + 5, -settings.popularityDiscount) }
        var neighbours: [Neighbour] = []
        var starts: [Int32] = [0]
        starts.reserveCapacity(plays.count + 1)
        for title in plays.indices {
            for successor in snapshot.successors(title) where successor.title < plays.count {
                let weight = Float(max(successor.total + successor.recent, 0)) / 2
                let closeness = weight.squareRoot() * inverseRoots[title] * discounts[successor.title]
                neighbours.append(Neighbour(title: Int32(successor.title), closeness: closeness))
            }
            starts.append(Int32(neighbours.count))
        }
        (self.neighbours, self.starts) = (neighbours, starts)
    }

    @inline(__always)
    func forEach(after title: Int, _ body: (Neighbour) -> Void) {
        neighbours.withUnsafeBufferPointer { neighbours in
            for place in Int(starts[title])..<Int(starts[title + 1]) { body(neighbours[place]) }
        }
    }

    /// 0 where the second is not known to follow the first.
    func closeness(from title: Int, to other: Int) -> Float {
        neighbours[Int(starts[title])..<Int(starts[title + 1])].first { Int($0.title) == other }?.closeness ?? 0
    }
}
