import Foundation
import FoundationXML
import Testing

@testable import Service

@Suite struct BenchReportTests {
    private let machine = BenchMachine(cpu: "a \"fast\" <one>", coreCount: 2, versions: [("swift", "6.3")])

    private func report(faults: [String] = []) -> BenchReport {
        func run(_ cpuSeconds: Double) -> BenchReport.Run {
            .init(seconds: cpuSeconds / 2, cpuSeconds: cpuSeconds, others: [.init("broker", cpuSeconds)], stages: [.init("decode", 0.25)])
        }
        return BenchReport(
            bench: "core", setting: "1 < 2 & 3", figures: [.init("job", unit: "events", count: 1000, runs: [run(2), run(1), run(4)])],
            yardsticks: [.init(.init("bare", unit: "events", count: 1000, runs: [run(0.5)]), of: ["job"])], faults: faults,
            checked: "all of it", peakBytes: 1 << 20, machine: machine)
    }

    @Test func theMiddleRunCounts() {
        #expect(Spread([5, 1, 3]) == Spread([1, 3, 5]))
        #expect([Spread([5, 1, 3]).median, Spread([4, 1, 2, 3]).median, Spread([7]).median, Spread([]).median] == [3, 2.5, 7, 0])
        let figure = report().figures[0]
        #expect([figure.perCPUSecond.median, figure.perCPUSecond.least, figure.perCPUSecond.greatest] == [500, 250, 1000])
        #expect(figure.perSecond.median == 1000)
        #expect(figure.others == [.init("broker", 2)])
        #expect(figure.stages == [.init("decode", 0.25)])
    }

    @Test func theRatioIsOfMediansPerCPUSecond() {
        let report = report()
        let ratios = report.ratios(report.yardsticks[0])
        #expect(ratios.map(\.name) == ["job"])
        #expect(ratios.map(\.ratio) == [0.25])
    }

    @Test func theJSONHasFiguresYardsticksAndMachine() throws {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(report().json.utf8)) as? [String: Any])
        let figure = try #require((object["figures"] as? [[String: Any]])?.first)
        let yardstick = try #require((object["yardsticks"] as? [[String: Any]])?.first)
        #expect(object["checked"] as? Bool == true)
        #expect((figure["per_cpu_second"] as? [String: Double]) == ["median": 500, "min": 250, "max": 1000])
        #expect((figure["cpu_seconds_by_stage"] as? [String: Double]) == ["decode": 0.25])
        #expect((figure["other_cpu_seconds"] as? [String: Double]) == ["broker": 2])
        #expect((yardstick["ratios"] as? [String: Double]) == ["job": 0.25])
        #expect((object["machine"] as? [String: Any])?["cpu"] as? String == machine.cpu)
    }

    @Test func aWrongResultHasNoFigure() throws {
        let wrong = report(faults: ["a line is missing"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(wrong.json.utf8)) as? [String: Any])
        #expect(object["checked"] as? Bool == false)
        #expect((object["faults"] as? [String]) == ["a line is missing"])
        #expect((object["figures"] as? [Any])?.isEmpty == true && (object["yardsticks"] as? [Any])?.isEmpty == true)
        #expect(wrong.svg == nil)
    }

    @Test func thePictureIsWellFormedAndHasABarForEach() throws {
        let picture = try #require(report().svg)
        #expect(throws: Never.self) { try XMLDocument(xmlString: picture) }
        let widths = picture.matches(of: /<rect [^>]*width="([0-9.]+)"/).compactMap { Double($0.output.1) }
        try #require(widths.count == 2)
        #expect(widths[0] < widths[1] && widths[1] <= 720)
    }
}
