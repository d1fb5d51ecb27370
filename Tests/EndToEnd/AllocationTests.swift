import Foundation
import TestSupport
import Testing

/// What an event allocates on the heap from its bytes on the log to the values that are written, in the steady state.
///
/// These are debug builds, which call `malloc` for temporaries of generic code that a release build keeps on the stack: so what Swift's own
/// allocator hands out is counted (objects, arrays, closures). `Scripts/check` holds a release build to the count of all.
@Suite struct AllocationTests {
    /// No more than when a table grows.
    private static let coreMax = 0.01
    /// The viewers' own lists grow now and then: ids of recent events, tiles, plays, searches. Nothing is allocated for each event.
    private static let jobsMax = 0.5

    private struct Report: Decodable {
        struct Figure: Decodable {
            var name: String
            var count: Int
            var details: [String: Double]
        }
        var checked: Bool
        var faults: [String]
        var figures: [Figure]
    }

    @Test func anEventNeedsNextToNoHeap() async throws {
        let folder = try TemporaryFolder()
        let library = folder.path("allocations.so")
        let source = Repository.root.appendingPathComponent("Scripts/allocations.c").path
        // Whoever can build Swift has a C compiler: Swift brings clang, and links by it.
        let compiling = try await onOwnThread { try ChildProcess.run("clang", ["-shared", "-fPIC", "-o", library, source]) }
        try #require(compiling.status == 0, "\(compiling.errors)")
        for (name, most) in [("core", Self.coreMax), ("jobs", Self.jobsMax)] {
            let run = try await RecsBinary.run(
                [
                    "bench", "operators", "--only", name, "--events", "100000", "--warm-up", "20000", "--users", "500", "--runs", "1",
                    "--json",
                ],
                environment: ["LD_PRELOAD": library], within: 300)
            #expect(run.status == 0, "\(run.errors.suffix(1000))")
            let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
            #expect(report.checked, "\(report.faults)")
            let figure = try #require(report.figures.first { $0.name == name })
            let count = try #require(figure.details["allocations per event by Swift"])
            #expect(count <= most, "\(name): \(count) allocations an event")
            // The counter does count: without a commit's few there would be none at all.
            #expect(name == "core" || count > 0.001)
            #expect(figure.count > 95_000)
        }
    }
}
