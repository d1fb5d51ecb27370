// hot path
import Features

/// What the viewer thinks of genres, as the ranker sees it.
struct ViewerTaste: Sendable {
    /// Share of each genre of the catalogue in the viewer's taste minus its share there, windows blended, by genre number up to
    /// `TitleColumns.genreLimit`; about −0.5…1.
    let affinity: [Float]
    /// The `genre_affinity` of a title by its set of genres, and what it adds to the score.
    let ofSet: [Float]
    let points: [Int64]

    init(_ tastes: [TasteWindows], columns: TitleColumns, model: RankerModel, settings: HomeSettings, now: Int64) {
        let count = columns.sets.count
        guard !tastes.isEmpty else {
            affinity = [Float](repeating: 0, count: columns.genreLimit)
            ofSet = [Float](repeating: 0, count: count)
            points = [Int64](repeating: 0, count: count)
            return
        }
        let worth = Self.affinity(tastes, columns, settings, now)
        affinity = worth
        let values = columns.sets.scaledSums(of: worth)
        let weight = model.weight(.genreAffinity)
        ofSet = values
        points = [Int64](unsafeUninitializedCapacity: count) { points, pointCount in
            values.withUnsafeBufferPointer { values in
                for set in 0..<count { points.initializeElement(at: set, to: Points.of(weight * values[set])) }
            }
            pointCount = count
        }
    }

    /// A window of little weight says little.
    private static func affinity(_ tastes: [TasteWindows], _ columns: TitleColumns, _ settings: HomeSettings, _ now: Int64) -> [Float] {
        // Both by genre number, which is a byte.
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * 256) { memory in
            memory.initialize(repeating: 0)
            let (blended, sums) = (memory.extracting(..<256), memory.extracting(256...))
            let shares = columns.genreShares
            // Of a genre that neither the catalogue nor the viewer's taste knows there is nothing to add up.
            var limit = columns.genreLimit
            for (place, window) in TasteWindow.allCases.enumerated() {
                for genre in 0..<limit { sums[genre] = 0 }
                for taste in tastes {
                    taste.forEachWeight(window: window, at: now) { genre, weight in
                        sums[Int(genre.raw)] += Float(weight)
                        limit = max(limit, Int(genre.raw) + 1)
                    }
                }
                var total: Float = 0
                for genre in 0..<limit { total += abs(sums[genre]) }
                if total == 0 { continue }
                let share = settings.tasteShares[place]
                let confidence = total / (total + settings.tasteShrinkWeight)
                for genre in 0..<limit { blended[genre] += share * confidence * (sums[genre] / total - shares[genre]) }
            }
            return Array(blended[..<columns.genreLimit])
        }
    }
}
