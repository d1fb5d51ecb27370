import Foundation

/// Heap allocations of this thread so far, as `Scripts/allocations.c` counts them where it is preloaded.
struct HeapCounter {
    private typealias Counter = @convention(c) () -> UInt64

    private static let counters: (all: Counter, swift: Counter)? = {
        let all: Counter? = linkedFunction("recs_allocations")
        let swift: Counter? = linkedFunction("recs_swift_allocations")
        return if let all, let swift { (all, swift) } else { nil }
    }()

    /// Calls of `malloc` and its like.
    private var all: UInt64
    /// Those among them of Swift's allocator: objects, arrays, closures. A debug build calls `malloc` for temporaries of generic code besides.
    private var swift: UInt64

    /// Nil where nothing counts.
    static var current: HeapCounter? { counters.map { HeapCounter(all: $0.all(), swift: $0.swift()) } }

    /// Allocations since then, of `count` events or pages.
    func details(since before: HeapCounter, count: Int, of unit: String) -> [(name: String, value: Double)] {
        [
            ("allocations per \(unit)", Double(all - before.all) / Double(max(count, 1))),
            ("allocations per \(unit) by Swift", Double(swift - before.swift) / Double(max(count, 1))),
        ]
    }
}
