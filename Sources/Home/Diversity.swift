// hot path

/// Chooses among candidates of a row so that its genres are not all the same.
enum Diversity {
    /// Picks `count` of the candidates, which come best first: each step takes the highest score less what the title's genres have in
    /// common with those picked before (maximal marginal relevance: Carbonell and Goldstein, SIGIR 1998). Genres in common are the mean
    /// over the title's genres of the share of picked titles that have it, 0…1; they count in the candidates' range of scores.
    static func pick(_ count: Int, of candidates: [RowDraft.Candidate], columns: TitleColumns, diversity: Float) -> [RowDraft.Candidate] {
        if candidates.count <= 1 || count <= 0 { return Array(candidates.prefix(max(count, 0))) }
        let range = candidates[0].score - candidates[candidates.count - 1].score
        let size = candidates.count
        var picked: [RowDraft.Candidate] = []
        picked.reserveCapacity(min(count, size))
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: size * 3 + 256) { memory in
            memory.initialize(repeating: 0)
            let scores = UnsafeMutableBufferPointer(rebasing: memory[0..<size])
            let genreCounts = UnsafeMutableBufferPointer(rebasing: memory[size..<size * 2])
            let sums = UnsafeMutableBufferPointer(rebasing: memory[size * 2..<size * 3])
            let pickedByGenre = UnsafeMutableBufferPointer(rebasing: memory[(size * 3)...])
            for place in 0..<size {
                scores[place] = candidates[place].score
                genreCounts[place] = Float(columns.sets.range(columns.set(of: Int(candidates[place].title))).count)
            }
            let penalty = diversity * range
            while picked.count < min(count, size) {
                var best = -1
                var bestValue = -Float.infinity
                let pickedCount = Float(picked.count)
                for place in 0..<size {
                    let common = sums[place] == 0 ? 0 : sums[place] / (genreCounts[place] * pickedCount)
                    let value = scores[place] - penalty * common
                    if value > bestValue { (best, bestValue) = (place, value) }
                }
                picked.append(candidates[best])
                scores[best] = -.infinity
                add(columns.set(of: Int(candidates[best].title)), candidates, columns, pickedByGenre, sums)
            }
            return picked
        }
    }

    /// Counts the genres of a picked title, and adds them up anew for every candidate.
    private static func add(
        _ set: Int, _ candidates: [RowDraft.Candidate], _ columns: TitleColumns, _ pickedByGenre: UnsafeMutableBufferPointer<Float>,
        _ sums: UnsafeMutableBufferPointer<Float>
    ) {
        let (genres, starts, sets) = (columns.sets.genres, columns.sets.starts, columns.sets.ofTitle)
        for index in Int(starts[set])..<Int(starts[set + 1]) { pickedByGenre[Int(genres[index])] += 1 }
        for place in candidates.indices {
            let other = Int(sets[Int(candidates[place].title)])
            var sum: Float = 0
            for index in Int(starts[other])..<Int(starts[other + 1]) { sum += pickedByGenre[Int(genres[index])] }
            sums[place] = sum
        }
    }
}
