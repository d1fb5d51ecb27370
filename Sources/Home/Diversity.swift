// hot path

/// Chooses among candidates of a row so that its genres are not all the same.
enum Diversity {
    /// A candidate with where its genres stand, so that the steps read memory in order.
    private struct Choice: BitwiseCopyable {
        var score: Float
        /// 1 over the number of genres.
        var share: Float
        var firstGenre: Int32
        var genreCount: UInt16
        var isPicked = false

        var genres: Range<Int> { Int(firstGenre)..<Int(firstGenre) + Int(genreCount) }
    }

    /// Picks `count` of the candidates, which come best first: each step takes the highest score less what the title's genres have in
    /// common with those picked before (maximal marginal relevance: Carbonell and Goldstein, SIGIR 1998). Genres in common are the mean
    /// over the title's genres of the share of picked titles that have it, 0…1; they count in the candidates' range of scores.
    static func pick(_ count: Int, of candidates: [RowDraft.Candidate], columns: TitleColumns, diversity: Float) -> [RowDraft.Candidate] {
        if candidates.count <= 1 || count <= 0 { return Array(candidates.prefix(max(count, 0))) }
        let penalty = diversity * (candidates[0].score - candidates[candidates.count - 1].score)
        let sets = columns.sets
        var picked: [RowDraft.Candidate] = []
        picked.reserveCapacity(min(count, candidates.count))
        return withUnsafeTemporaryAllocation(of: Choice.self, capacity: candidates.count) { choices in
            for (place, candidate) in candidates.enumerated() {
                let genres = sets.range(columns.set(of: Int(candidate.title)))
                choices.initializeElement(
                    at: place,
                    to: Choice(
                        score: candidate.score, share: 1 / Float(max(genres.count, 1)), firstGenre: Int32(genres.lowerBound),
                        genreCount: UInt16(genres.count)))
            }
            return withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { pickedByGenre in
                pickedByGenre.initialize(repeating: 0)
                sets.genres.withUnsafeBufferPointer { genres in
                    while picked.count < min(count, candidates.count) {
                        let best = best(of: choices, genres, pickedByGenre, pickedCount: picked.count, penalty: penalty)
                        picked.append(candidates[best])
                        choices[best].isPicked = true
                        for genre in genres[choices[best].genres] { pickedByGenre[Int(genre)] += 1 }
                    }
                }
                return picked
            }
        }
    }

    /// The place of the best choice that is left; there is one.
    private static func best(
        of choices: UnsafeMutableBufferPointer<Choice>, _ genres: UnsafeBufferPointer<UInt8>,
        _ pickedByGenre: UnsafeMutableBufferPointer<Float>, pickedCount: Int, penalty: Float
    ) -> Int {
        var (best, bestValue) = (-1, -Float.infinity)
        let penaltyOfOne = penalty / Float(max(pickedCount, 1))
        for place in choices.indices where !choices[place].isPicked {
            let choice = choices[place]
            // What follows has no higher score, and the penalty takes only away.
            if choice.score <= bestValue { break }
            var sum: Float = 0
            for genre in genres[choice.genres] { sum += pickedByGenre[Int(genre)] }
            let value = choice.score - penaltyOfOne * (sum * choice.share)
            if value > bestValue { (best, bestValue) = (place, value) }
        }
        return best
    }
}
