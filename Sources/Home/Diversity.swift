// hot path

/// Chooses among candidates of a row so that its genres are not all the same.
enum Diversity {
    /// Picks `count` of the candidates, which come best first: each step takes the highest score less what the title's genres have in
    /// common with those picked before (maximal marginal relevance: Carbonell and Goldstein, SIGIR 1998). Genres in common are the mean
    /// over the title's genres of the share of picked titles that have it, 0…1; they count in the candidates' range of scores.
    static func pick(_ count: Int, of candidates: [RowDraft.Candidate], columns: TitleColumns, diversity: Float) -> [RowDraft.Candidate] {
        if candidates.count <= 1 || count <= 0 { return Array(candidates.prefix(max(count, 0))) }
        let penalty = diversity * (candidates[0].score - candidates[candidates.count - 1].score)
        let size = candidates.count
        let (genres, starts, sets) = (columns.sets.genres, columns.sets.starts, columns.sets.ofTitle)
        func genreRange(_ place: Int) -> Range<Int> {
            let set = Int(sets[Int(candidates[place].title)])
            return Int(starts[set])..<Int(starts[set + 1])
        }
        var picked: [RowDraft.Candidate] = []
        picked.reserveCapacity(min(count, size))
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: size + 256) { memory in
            memory.initialize(repeating: 0)
            let pickedByGenre = UnsafeMutableBufferPointer(rebasing: memory[..<256])
            let isPicked = UnsafeMutableBufferPointer(rebasing: memory[256...])
            while picked.count < min(count, size) {
                var (best, bestValue) = (-1, -Float.infinity)
                for place in 0..<size where isPicked[place] == 0 {
                    // What follows has no higher score, and the penalty takes only away.
                    if candidates[place].score <= bestValue { break }
                    let range = genreRange(place)
                    var sum: Float = 0
                    for index in range { sum += pickedByGenre[Int(genres[index])] }
                    let common = sum == 0 ? 0 : sum / (Float(range.count) * Float(picked.count))
                    let value = candidates[place].score - penalty * common
                    if value > bestValue { (best, bestValue) = (place, value) }
                }
                picked.append(candidates[best])
                isPicked[best] = 1
                for index in genreRange(best) { pickedByGenre[Int(genres[index])] += 1 }
            }
            return picked
        }
    }
}
