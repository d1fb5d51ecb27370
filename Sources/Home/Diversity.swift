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
        let sets = columns.sets
        // Columns of as many numbers as there are candidates: scores, counts of genres, genres in common with all that was picked, values; and
        // a column for each genre that tells who has it. So a step goes through columns in order, which compilers make vectors of.
        let length = candidates.count
        withUnsafeTemporaryAllocation(of: Float.self, capacity: length * (4 + columns.genreLimit)) { memory in
            guard let scores = memory.baseAddress else { return }
            let (counts, common, values, flags) = (scores + length, scores + 2 * length, scores + 3 * length, scores + 4 * length)
            common.initialize(repeating: 0, count: length)
            // Genres by their columns; 255 stands for none yet.
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { columnOf in
                columnOf.initialize(repeating: 255)
                var columnCount = 0
                for (place, candidate) in candidates.enumerated() {
                    let genres = sets.range(columns.set(of: Int(candidate.title)))
                    (scores + place).initialize(to: candidate.score)
                    (counts + place).initialize(to: Float(max(genres.count, 1)))
                    for genre in sets.genres[genres] {
                        if columnOf[Int(genre)] == 255 {
                            columnOf[Int(genre)] = UInt8(columnCount)
                            (flags + columnCount * length).initialize(repeating: 0, count: length)
                            columnCount += 1
                        }
                        flags[Int(columnOf[Int(genre)]) * length + place] = 1
                    }
                }
                while picked.count < min(count, length) {
                    let pickedCount = Float(max(picked.count, 1))
                    for place in 0..<length {
                        (values + place).initialize(to: scores[place] - penalty * (common[place] / (counts[place] * pickedCount)))
                    }
                    var (best, bestValue) = (0, -Float.infinity)
                    for place in 0..<length where values[place] > bestValue { (best, bestValue) = (place, values[place]) }
                    picked.append(candidates[best])
                    scores[best] = -.infinity
                    for genre in sets.genres[sets.range(columns.set(of: Int(candidates[best].title)))] {
                        let flags = flags + Int(columnOf[Int(genre)]) * length
                        for place in 0..<length { common[place] += flags[place] }
                    }
                }
            }
        }
        return picked
    }
}
