import Testing

@testable import Service

/// The benchmark of the operators checks itself: here, that it is content with them.
@Suite struct OperatorBenchTests {
    @Test(arguments: OperatorBench.Part.allCases) func everyEventIsCountedOnce(part: OperatorBench.Part) throws {
        var bench = OperatorBench()
        bench.parts = [part]
        bench.eventCount = 6000
        bench.warmUpCount = 5000
        bench.userCount = 50
        bench.titleCount = 500
        bench.runCount = 2
        let report = try bench.run(progress: { _ in })
        #expect(report.faults == [])
        let figure = try #require(report.figures.first)
        #expect(report.figures.count == 1 && figure.name == part.rawValue && figure.runs.count == 2)
        #expect(figure.runs.allSatisfy { $0.count == figure.count && $0.details.isEmpty } && (1...6000).contains(figure.count))
    }
}
