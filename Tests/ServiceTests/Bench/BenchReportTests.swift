import Foundation
import FoundationXML
import Testing

@testable import Service

@Suite struct BenchReportTests {
    private let machine = BenchMachine(cpu: "a \"fast\" <one>", coreCount: 2, versions: [("swift", "6.3")])

    private func report(unit: String = "events", isTimed: Bool = true, faults: [String] = []) -> BenchReport {
        func run(_ cpuSeconds: Double) -> BenchReport.Run {
            var run = BenchReport.Run(
                count: 1000, seconds: cpuSeconds / 2, cpuSeconds: cpuSeconds, others: [.init("broker", cpuSeconds)],
                stages: [.init("decode", 0.25)])
            if isTimed { run.times = .init("commit", p50: cpuSeconds * 10, p99: cpuSeconds * 30) }
            run.details = [("bytes", cpuSeconds * 100)]
            return run
        }
        return BenchReport(
            bench: "core", setting: "1 < 2 & 3", figures: [.init("job", unit: unit, runs: [run(2), run(1), run(4)])],
            yardsticks: [.init(.init("bare", unit: "events", runs: [run(0.5)]), of: ["job"])], faults: faults,
            checked: "all of it", peakBytes: 1 << 20, machine: machine)
    }

    private func object(_ report: BenchReport) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    }

    @Test func theMiddleRunCounts() {
        #expect(Spread([5, 1, 3]) == Spread([1, 3, 5]))
        #expect([Spread([5, 1, 3]).median, Spread([4, 1, 2, 3]).median, Spread([7]).median, Spread([]).median] == [3, 2.5, 7, 0])
        let figure = report().figures[0]
        #expect([figure.perCPUSecond.median, figure.perCPUSecond.least, figure.perCPUSecond.greatest] == [500, 250, 1000])
        #expect(figure.perSecond.median == 1000)
        #expect(figure.others == [.init("broker", 2)])
        #expect(figure.stages == [.init("decode", 0.25)])
        #expect(figure.times == .init("commit", p50: 20, p99: 60))
        #expect(figure.details.map(\.name) == ["bytes"] && figure.details.map(\.value) == [200])
    }

    @Test func aRunWithoutAShareCountsAsNone() {
        func run(_ stages: [BenchReport.Share]) -> BenchReport.Run { .init(count: 1, seconds: 1, cpuSeconds: 1, stages: stages) }
        let figure = BenchReport.Figure(
            "page", unit: "requests",
            runs: [run([.init("a", 1)]), run([.init("b", 2), .init("a", 3)]), run([.init("b", 4), .init("a", 5)])])
        #expect(figure.stages == [.init("a", 3), .init("b", 2)])
    }

    @Test func aRunCountsWithItsOwnNumber() {
        let runs = [100, 300, 200].map { BenchReport.Run(count: $0, seconds: 1, cpuSeconds: 2) }
        let figure = BenchReport.Figure("page", unit: "requests", runs: runs)
        #expect(figure.count == 200)
        #expect(figure.perCPUSecond == Spread([50, 100, 150]))
    }

    @Test func theRatioIsOfMediansPerCPUSecond() {
        let report = report()
        let ratios = report.ratios(report.yardsticks[0])
        #expect(ratios.map(\.name) == ["job"])
        #expect(ratios.map(\.ratio) == [0.25])
    }

    /// The members that scripts rely on: one of the two rates, p50 and p99, numbers or null, never left out.
    @Test(arguments: ["events", "requests"]) func theJSONBeginsWithTheFirstFiguresRateAndTimes(unit: String) throws {
        let object = try object(report(unit: unit))
        #expect(object["bench"] as? String == "core")
        #expect(object["checked"] as? Bool == true)
        #expect(object.keys.filter { $0.hasSuffix("_per_cpu_second") } == ["\(unit)_per_cpu_second"])
        #expect(object["\(unit)_per_cpu_second"] as? Double == 500)
        #expect(object["p50_ms"] as? Double == 20)
        #expect(object["p99_ms"] as? Double == 60)
        #expect((object["yardsticks"] as? [[String: Any]])?.map { $0["name"] as? String } == ["bare"])
    }

    @Test func whatABenchmarkDoesNotMeasureIsNull() throws {
        let untimed = try object(report(isTimed: false))
        #expect(untimed["events_per_cpu_second"] as? Double == 500)
        #expect(untimed["p50_ms"] is NSNull && untimed["p99_ms"] is NSNull)
        var latency = report()
        latency.figures = []
        latency.yardsticks = []
        latency.latencies = [.init("accepted → visible", runs: [[3, 1, 2]])]
        let unrated = try object(latency)
        #expect(unrated["events_per_cpu_second"] is NSNull)
        #expect(unrated["p50_ms"] as? Double == 2)
        #expect(unrated["p99_ms"] as? Double == 3)
    }

    @Test func aLatencyIsTheMedianOfItsRunsQuantiles() throws {
        let latency = BenchReport.Latency("a", runs: [[4, 1, 2, 3], [30, 10, 20], [5]], yardstick: ("b", 1, 10))
        #expect(latency.count == 8 && latency.greatest == 30)
        #expect([latency.p50.least, latency.p50.median, latency.p50.greatest] == [2, 5, 20])
        #expect([latency.p99.least, latency.p99.median, latency.p99.greatest] == [4, 5, 30])
        var report = report()
        report.latencies = [latency]
        let told = try #require((try object(report)["latencies"] as? [[String: Any]])?.first)
        #expect(told["count"] as? Int == 8 && told["runs"] as? Int == 3 && told["p99_ratio"] as? Double == 0.5)
        #expect((told["p99_ms_of_runs"] as? [String: Double]) == ["median": 5, "min": 4, "max": 30])
    }

    @Test func anAimForWhatWasNotMeasuredIsAFault() {
        var report = report()
        report.aim(atLeast: 1, of: "another")
        report.aim(atLeast: 1, of: "job", over: "another")
        report.aim(atMost: 1, of: "another", in: "job")
        report.aim(atMost: 1, p99Of: "job")
        #expect(report.aims.isEmpty && report.faults.count == 4, "\(report.faults)")
    }

    /// The job does 500 units a CPU second, a quarter of the bare yardstick's, and takes 200 bytes.
    @Test func anAimTellsWhetherItIsReachedAndMakesNoFault() throws {
        var report = report()
        report.aim(atLeast: 500, of: "job")
        report.aim(atLeast: 0.26, of: "job", over: "bare")
        report.aim(atMost: 200, of: "bytes", in: "job")
        report.aim(atMost: 199, of: "bytes", in: "job")
        #expect(report.aims.map(\.value) == [500, 0.25, 200, 200])
        #expect(report.aims.map(\.isReached) == [true, false, true, false])
        let told = try #require(try object(report)["aims"] as? [[String: Any]])
        #expect(told.map { $0["reached"] as? Bool } == [true, false, true, false])
        #expect(told[0]["at_least"] as? Double == 500 && told[2]["at_most"] as? Double == 200)
        #expect(try object(report)["checked"] as? Bool == true)
        report.faults = ["a line is missing"]
        #expect((try object(report)["aims"] as? [Any])?.isEmpty == true)
    }

    @Test func theJSONHasFiguresYardsticksAndMachine() throws {
        let object = try object(report())
        let figure = try #require((object["figures"] as? [[String: Any]])?.first)
        let yardstick = try #require((object["yardsticks"] as? [[String: Any]])?.first)
        #expect(object["checked"] as? Bool == true)
        #expect((figure["per_cpu_second"] as? [String: Double]) == ["median": 500, "min": 250, "max": 1000])
        #expect(figure["timed"] as? String == "commit" && figure["p99_ms"] as? Double == 60)
        #expect((figure["details"] as? [String: Double]) == ["bytes": 200])
        #expect((figure["cpu_seconds_by_stage"] as? [String: Double]) == ["decode": 0.25])
        #expect((figure["other_cpu_seconds"] as? [String: Double]) == ["broker": 2])
        #expect((yardstick["ratios"] as? [String: Double]) == ["job": 0.25])
        #expect((object["machine"] as? [String: Any])?["cpu"] as? String == machine.cpu)
    }

    @Test func aWrongResultHasNoFigure() throws {
        let wrong = report(faults: ["a line is missing"])
        let object = try object(wrong)
        #expect(object["checked"] as? Bool == false)
        #expect((object["faults"] as? [String]) == ["a line is missing"])
        #expect((object["figures"] as? [Any])?.isEmpty == true && (object["yardsticks"] as? [Any])?.isEmpty == true)
        #expect(object["events_per_cpu_second"] is NSNull && object["p50_ms"] is NSNull && object["p99_ms"] is NSNull)
        #expect(wrong.svg == nil)
    }

    @Test func aCommandIsGivenItsWordsAsTheyAreAndItsEndIsTold() {
        let printed = BenchMachine.run(["printf", "%s;", "it's", "$0 *", ""], errors: "/dev/null")
        #expect(printed.status == 0 && printed.output == "it's;$0 *;;")
        let failed = BenchMachine.run(["ls", "--no such option"], errors: "&1")
        #expect(failed.status != 0 && failed.output.contains("no such option"))
        #expect(BenchMachine.firstLine(of: ["printf", "a\\nb\\n"]) == "a")
        #expect(BenchMachine.firstLine(of: ["ls", "--no such option"]) == nil)
    }

    @Test func thePictureIsWellFormedAndHasABarForEach() throws {
        let picture = try #require(report().svg)
        #expect(throws: Never.self) { try XMLDocument(xmlString: picture) }
        let widths = picture.matches(of: /<rect [^>]*width="([0-9.]+)"/).compactMap { Double($0.output.1) }
        try #require(widths.count == 2)
        #expect(widths[0] < widths[1] && widths[1] <= 720)
    }
}
