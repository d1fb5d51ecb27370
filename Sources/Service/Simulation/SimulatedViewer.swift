import Glibc

/// One simulated viewer: taste, habits, and what has happened so far.
struct SimulatedViewer: Sendable {
    /// What became of a viewer in a planted test.
    struct Participation: Sendable {
        var test: Int
        var variant: Int
        var isAssigned = false
        var isExposed = false
        var hasWon = false
    }

    let id: String
    let escapedID: [UInt8]
    let deviceIDs: [[UInt8]]
    let region: Int
    let isBot: Bool
    /// Liking by genre number, 0…1.
    let taste: [Float]
    let strongestGenre: Int
    /// Sessions relative to other viewers'.
    let activity: Double
    var participations: [Participation] = []
    /// Until then a session is under way, milliseconds.
    var busyUntil = Int64.min
    private var seen: Set<Int> = []
    var lastCompleted: Int?
    /// The film left unfinished, and where.
    var unfinished: (film: Int, positionMilliseconds: Int64)?
    var listed: [Int] = []
    var firstPlay: (film: Int, at: Int64)?
    var playCount = 0

    /// Viewers are numbered from 1, by activity: heavy-tailed, the first is the most active. The first twenty are never bots.
    init(number: Int, world: SimulatedWorld, regionSums: [Double], botShare: Double, random: inout SimulationRandom) {
        isBot = number > 20 && random.chance(botShare)
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        id = (isBot ? "bot-" : "u-") + padded
        escapedID = Array(id.utf8)
        deviceIDs = (1...(1 + random.below(3))).map { Array("d-\(padded)-\($0)".utf8) }
        region = random.index(cumulative: regionSums)
        let taste = SimulatedViewer.taste(world: world, random: &random)
        self.taste = taste
        strongestGenre = taste.indices.max { taste[$0] < taste[$1] } ?? 0
        activity = 1 / pow(Double(number) + 5, 0.7)
    }

    /// How well films of these genres fit, 0…1.
    func match(_ genres: [Int]) -> Double {
        guard !genres.isEmpty else { return 0.25 }
        var best: Float = 0
        var sum: Float = 0
        for genre in genres {
            best = max(best, taste[genre])
            sum += taste[genre]
        }
        return Double(0.7 * best + 0.3 * sum / Float(genres.count))
    }

    func hasSeen(_ film: Int) -> Bool { seen.contains(film) }

    mutating func see(_ film: Int) { seen.insert(film) }

    /// Two to four strong genres, drawn with regard to how common they are, and a little of everything.
    private static func taste(world: SimulatedWorld, random: inout SimulationRandom) -> [Float] {
        var taste = [Float](repeating: 0, count: (world.genresByFrequency.max() ?? 0) + 1)
        for genre in world.genresByFrequency { taste[genre] = Float(random.uniform() * 0.12) }
        guard !world.genresByFrequency.isEmpty else { return taste }
        var sums: [Double] = []
        for place in world.genresByFrequency.indices { sums.append((sums.last ?? 0) + 1 / Double(place + 3)) }
        for _ in 0..<(2 + random.below(3)) {
            taste[world.genresByFrequency[random.index(cumulative: sums)]] = Float(random.uniform(0.55...1))
        }
        return taste
    }
}
