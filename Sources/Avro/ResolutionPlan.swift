/// How data of a writer's schema becomes a value of a reader's schema: the outcome of comparing the two once.
struct ResolutionPlan: Sendable {
    var root: Step
    /// The plans of records, to which steps refer by index; that is how recursion ends.
    var records: [RecordPlan]

    /// What to do with one value of the writer.
    indirect enum Step: Sendable {
        case scalar(Scalar, as: Scalar)
        case fixed(size: Int)
        /// The reader's symbol for each of the writer's, nil for one that the reader lacks; `missing` says so for the first of them.
        case enumeration([Int?], missing: Incompatibility?)
        case array(Step)
        case map(Step)
        case record(Int)
        /// The writer's branch decides.
        case writerUnion([Step])
        /// The value goes into this branch of the reader's union.
        case readerUnion(Int, Step)
        /// There is no way.
        case failure(Incompatibility)
    }

    enum Scalar: Sendable, Hashable {
        case null, boolean, int, long, float, double, bytes, string
    }

    struct RecordPlan: Sendable {
        /// The writer's fields in their order.
        var actions: [FieldAction] = []
        /// The reader's values where the writer has none; placeholders elsewhere.
        var template: [Value] = []
        /// The reader's fields that are neither written nor have a default.
        var missing: [Incompatibility] = []
    }

    enum FieldAction: Sendable {
        /// Decode into the reader's field of that index.
        case read(Step, field: Int, name: String)
        case skip(Schema)
    }

    /// Every reason why some data of the writer would not resolve.
    func problems() -> [Incompatibility] {
        var search = ProblemSearch(plan: self)
        search.visit(root)
        return search.found
    }

    /// Why no data at all would resolve from `step` on; nil where some would.
    func obstacle(_ step: Step) -> Incompatibility? {
        var known: [Int: Incompatibility?] = [:]
        return obstacle(step, &known)
    }

    /// `known` holds what was found out about records, and nil for those in progress: data may end before it comes round to them again.
    private func obstacle(_ step: Step, _ known: inout [Int: Incompatibility?]) -> Incompatibility? {
        switch step {
        case .failure(let problem): return problem
        case .array(let items), .map(let items): return obstacle(items, &known)
        case .readerUnion(_, let inner): return obstacle(inner, &known)
        case .enumeration(let symbols, let missing): return symbols.contains { $0 != nil } ? nil : missing
        case .writerUnion(let branches):
            var first: Incompatibility?
            for branch in branches {
                guard let problem = obstacle(branch, &known) else { return nil }
                first = first ?? problem
            }
            return first
        case .record(let index):
            if let answer = known[index] { return answer }
            known.updateValue(nil, forKey: index)
            let problem = obstacle(records[index], &known)
            known.updateValue(problem, forKey: index)
            return problem
        case .scalar, .fixed: return nil
        }
    }

    private func obstacle(_ record: RecordPlan, _ known: inout [Int: Incompatibility?]) -> Incompatibility? {
        if let missing = record.missing.first { return missing }
        for case .read(let step, _, _) in record.actions {
            if let problem = obstacle(step, &known) { return problem }
        }
        return nil
    }
}

/// Walks a plan once and collects what is wrong in it.
private struct ProblemSearch {
    let plan: ResolutionPlan
    var found: [Incompatibility] = []
    private var visited: Set<Int> = []

    init(plan: ResolutionPlan) { self.plan = plan }

    mutating func visit(_ step: ResolutionPlan.Step) {
        switch step {
        case .failure(let problem): found.append(problem)
        case .enumeration(_, let missing): if let missing { found.append(missing) }
        case .array(let inner), .map(let inner), .readerUnion(_, let inner): visit(inner)
        case .writerUnion(let branches): branches.forEach { visit($0) }
        case .record(let index):
            guard visited.insert(index).inserted else { return }
            found += plan.records[index].missing
            for case .read(let step, _, _) in plan.records[index].actions { visit(step) }
        case .scalar, .fixed: break
        }
    }
}
