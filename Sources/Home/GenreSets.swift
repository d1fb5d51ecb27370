// hot path
import Catalog
import Features

/// The different sets of genres that titles have: what depends on genres alone is worked out once a set instead of once a title.
struct GenreSets: Sendable {
    private(set) var count = 0
    /// By title.
    private(set) var ofTitle: [Int32] = []
    /// Genres of set s, ascending: `genres[starts[s]..<starts[s + 1]]`.
    private(set) var genres: [UInt8] = []
    private(set) var starts: [Int32] = [0]
    /// √ of the number of genres; 1 where there are none.
    private(set) var roots: [Float] = []
    /// Sets by genre number.
    private(set) var byGenre = [[Int32]](repeating: [], count: 256)
    /// A bit a genre, four words a set.
    private var masks: [UInt64] = []
    /// Sets and what they begin with, as a tree: each node adds a genre to its parent, which has a lower number; node 0 is the empty set.
    private var nodes: [Node] = [Node(parent: 0, genre: 0)]
    private var nodeOfSet: [Int32] = []
    /// Of each set; empty where there are too many sets to hold them all.
    private var likenesses: [Likeness] = []
    /// Pairs of sets: four bytes each for the share, and eight more where they are near.
    private static let shareCountMax = 4 << 20

    /// How alike others are to a set.
    struct Likeness: Sendable {
        /// `similarity`, by set.
        var shares: [Float]
        /// Sets that are alike by `RowScore.alikeMin` or more.
        var near: [Near]
    }

    /// A set that is alike, and what that adds to its titles' points in a row.
    struct Near: Sendable, BitwiseCopyable {
        var set: Int32
        var points: Int32
    }

    private struct Node: BitwiseCopyable {
        var parent: Int32
        var genre: UInt8
    }

    init(_ catalog: Catalog) {
        var numbers: [[UInt8]: Int32] = [:]
        var nodeNumbers: [[UInt8]: Int32] = [[]: 0]
        ofTitle.reserveCapacity(catalog.titles.count)
        for title in catalog.titles {
            let genres = Set(title.genres.map(\.raw)).sorted()
            if numbers[genres] == nil {
                numbers[genres] = add(genres)
                nodeOfSet.append(node(of: genres, &nodeNumbers))
            }
            ofTitle.append(numbers[genres]!)
        }
        if count * count <= Self.shareCountMax { likenesses = (0..<count).map(makeLikeness) }
    }

    private mutating func add(_ genres: [UInt8]) -> Int32 {
        let set = Int32(count)
        count += 1
        self.genres += genres
        starts.append(Int32(self.genres.count))
        roots.append(Float(max(genres.count, 1)).squareRoot())
        masks += [0, 0, 0, 0]
        for genre in genres {
            byGenre[Int(genre)].append(set)
            masks[Int(set) * 4 + Int(genre >> 6)] |= 1 << UInt64(genre & 63)
        }
        return set
    }

    private mutating func node(of genres: [UInt8], _ numbers: inout [[UInt8]: Int32]) -> Int32 {
        if let known = numbers[genres] { return known }
        guard let last = genres.last else { return 0 }
        let parent = node(of: genres.dropLast(), &numbers)
        let number = Int32(nodes.count)
        nodes.append(Node(parent: parent, genre: last))
        numbers[genres] = number
        return number
    }

    /// The sum of each set's `values`, which are by genre number, over √ of the number of its genres.
    func scaledSums(of values: [Float]) -> [Float] {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: nodes.count) { sums in
            sums.initializeElement(at: 0, to: 0)
            nodes.withUnsafeBufferPointer { nodes in
                values.withUnsafeBufferPointer { values in
                    for number in 1..<nodes.count {
                        let node = nodes[number]
                        sums.initializeElement(at: number, to: sums[Int(node.parent)] + values[Int(node.genre)])
                    }
                }
            }
            return [Float](unsafeUninitializedCapacity: count) { scaled, scaledCount in
                nodeOfSet.withUnsafeBufferPointer { nodeOfSet in
                    roots.withUnsafeBufferPointer { roots in
                        for set in 0..<count { scaled.initializeElement(at: set, to: sums[Int(nodeOfSet[set])] / roots[set]) }
                    }
                }
                scaledCount = count
            }
        }
    }

    func range(_ set: Int) -> Range<Int> { Int(starts[set])..<Int(starts[set + 1]) }

    func has(_ set: Int, _ genre: UInt8) -> Bool {
        masks[set * 4 + Int(genre >> 6)] & 1 << UInt64(genre & 63) != 0
    }

    /// Genres that both sets have over genres that either has; 0 where neither has any.
    func similarity(_ a: Int, _ b: Int) -> Float {
        var (first, second, shared) = (range(a), range(b), 0)
        let either = first.count + second.count
        while !first.isEmpty && !second.isEmpty {
            let (x, y) = (genres[first.lowerBound], genres[second.lowerBound])
            if x == y { shared += 1 }
            if x <= y { first = first.dropFirst() }
            if y <= x { second = second.dropFirst() }
        }
        return either == 0 ? 0 : Float(shared) / Float(either - shared)
    }

    func likeness(to set: Int) -> Likeness { likenesses.isEmpty ? makeLikeness(to: set) : likenesses[set] }

    private func makeLikeness(to set: Int) -> Likeness {
        let shares = similarities(to: set)
        let near = shares.indices.filter { shares[$0] >= RowScore.alikeMin }
        return Likeness(
            shares: shares, near: near.map { Near(set: Int32($0), points: Int32(Points.of(RowScore.genreWeight * shares[$0]))) })
    }

    /// `similarity` to every set.
    private func similarities(to set: Int) -> [Float] {
        var shared = [Float](repeating: 0, count: count)
        let own = Float(range(set).count)
        shared.withUnsafeMutableBufferPointer { shared in
            for index in range(set) {
                for other in byGenre[Int(genres[index])] { shared[Int(other)] += 1 }
            }
            starts.withUnsafeBufferPointer { starts in
                for other in 0..<count where shared[other] > 0 {
                    shared[other] /= own + Float(starts[other + 1] - starts[other]) - shared[other]
                }
            }
        }
        return shared
    }
}
