// hot path

/// Chooses among candidates of a row so that its genres are not all the same.
enum Diversity {
    /// Picks `count` of the candidates, which come best first: each step takes the highest score less what the title's genres have in
    /// common with those picked before (maximal marginal relevance: Carbonell and Goldstein, SIGIR 1998). Genres in common are the mean
    /// over the title's genres of the share of picked titles that have it, 0…1; they count in the candidates' range of scores.
    static func pick(_ count: Int, of candidates: [RowDraft.Candidate], columns: TitleColumns, diversity: Float) -> [RowDraft.Candidate] {
        if candidates.count <= 1 || count <= 0 { return Array(candidates.prefix(max(count, 0))) }
        let penalty = diversity * (candidates[0].score - candidates[candidates.count - 1].score)
        var picked: [RowDraft.Candidate] = []
        picked.reserveCapacity(min(count, candidates.count))
        // Columns of the candidates' numbers, four at a time: scores, counts of genres, genres in common with all that was picked; and a column
        // for each genre that tells who has it.
        let length = (candidates.count + 3) / 4
        withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: length * (3 + columns.genreLimit)) { memory in
            guard let start = memory.baseAddress else { return }
            var table = Table(start, length: length)
            table.fill(candidates, columns)
            while picked.count < min(count, candidates.count) {
                let best = table.best(penalty: penalty, pickedCount: Float(max(picked.count, 1)))
                picked.append(candidates[best])
                table.remove(best, genres: columns.sets.genres(ofSet: columns.set(of: Int(candidates[best].title))))
            }
        }
        return picked
    }

    /// Candidates as columns of vectors in memory that is lent.
    private struct Table {
        private let length: Int
        private let scores: UnsafeMutablePointer<SIMD4<Float>>
        private let genreCounts: UnsafeMutablePointer<SIMD4<Float>>
        private let common: UnsafeMutablePointer<SIMD4<Float>>
        private let flags: UnsafeMutablePointer<SIMD4<Float>>
        private var columnCount = 0
        /// By genre number; −1 where no candidate has it.
        private var columnOf = [256 of Int16](repeating: -1)

        init(_ memory: UnsafeMutablePointer<SIMD4<Float>>, length: Int) {
            self.length = length
            (scores, genreCounts) = (memory, memory + length)
            (common, flags) = (memory + 2 * length, memory + 3 * length)
            // What no candidate stands for is never the best.
            scores.initialize(repeating: SIMD4(repeating: -.infinity), count: length)
            genreCounts.initialize(repeating: SIMD4(repeating: 1), count: length)
            common.initialize(repeating: .zero, count: length)
        }

        mutating func fill(_ candidates: [RowDraft.Candidate], _ columns: TitleColumns) {
            for (place, candidate) in candidates.enumerated() {
                let genres = columns.sets.genres(ofSet: columns.set(of: Int(candidate.title)))
                scores[place >> 2][place & 3] = candidate.score
                genreCounts[place >> 2][place & 3] = Float(max(genres.count, 1))
                for genre in genres { flags[column(of: genre) * length + place >> 2][place & 3] = 1 }
            }
        }

        private mutating func column(of genre: UInt8) -> Int {
            if columnOf[Int(genre)] < 0 {
                columnOf[Int(genre)] = Int16(columnCount)
                (flags + columnCount * length).initialize(repeating: .zero, count: length)
                columnCount += 1
            }
            return Int(columnOf[Int(genre)])
        }

        /// The first of those with the greatest score less the penalty for genres in common.
        func best(penalty: Float, pickedCount: Float) -> Int {
            var values = SIMD4<Float>(repeating: -.infinity)
            var places = SIMD4<Int32>.zero
            for place in 0..<length {
                let value = scores[place] - penalty * (common[place] / (genreCounts[place] * pickedCount))
                let isBetter = value .> values
                values.replace(with: value, where: isBetter)
                places.replace(with: SIMD4(repeating: Int32(place)), where: isBetter)
            }
            var best = 0
            for lane in 1..<4 where values[lane] > values[best] || (values[lane] == values[best] && places[lane] < places[best]) {
                best = lane
            }
            return Int(places[best]) * 4 + best
        }

        mutating func remove(_ candidate: Int, genres: ArraySlice<UInt8>) {
            scores[candidate >> 2][candidate & 3] = -.infinity
            for genre in genres {
                let flags = flags + Int(columnOf[Int(genre)]) * length
                for place in 0..<length { common[place] += flags[place] }
            }
        }
    }
}
