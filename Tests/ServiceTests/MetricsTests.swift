import Foundation
import Service
import TestSupport
import Testing

@Suite struct MetricsTests {
    @Test func expositionHasEachFamilyOnceInOrder() {
        let metrics = Metrics()
        metrics.counter("b_total", help: "B.", labels: [("code", "200")]).add(3)
        metrics.counter("b_total", help: "B.", labels: [("code", "404")]).add()
        metrics.counter("b_total", help: "B.", labels: [("code", "200")]).add()
        metrics.gauge("a", help: "A.").set(1.5)
        #expect(
            metrics.exposition() == """
                # HELP a A.
                # TYPE a gauge
                a 1.5
                # HELP b_total B.
                # TYPE b_total counter
                b_total{code="200"} 4
                b_total{code="404"} 1

                """)
    }

    @Test func histogramsCountUpToTheirBounds() {
        let metrics = Metrics()
        let histogram = metrics.histogram("h_seconds", help: "H.", labels: [("route", "r")])
        for seconds in [0.0001, 0.0005, 0.02, 3, 100] { histogram.observe(seconds: seconds) }
        let lines = metrics.exposition().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.first == "h_seconds_bucket{route=\"r\",le=\"0.0005\"} 2")
        #expect(lines.contains("h_seconds_bucket{route=\"r\",le=\"0.025\"} 3"))
        #expect(lines.contains("h_seconds_bucket{route=\"r\",le=\"5.0\"} 4"))
        #expect(lines.contains("h_seconds_bucket{route=\"r\",le=\"+Inf\"} 5"))
        #expect(lines.last == "h_seconds_count{route=\"r\"} 5")
        let counts = lines.compactMap { $0.contains("_bucket") ? $0.split(separator: " ").last.flatMap { Int($0) } : nil }
        #expect(counts == counts.sorted())
    }

    @Test func labelValuesAreEscaped() {
        let metrics = Metrics()
        metrics.counter("c_total", help: "C.", labels: [("path", "a\"b\\c\nd")]).add()
        #expect(metrics.exposition().contains(#"c_total{path="a\"b\\c\nd"} 1"#))
    }

    @Test func countsOfManyThreadsAddUp() async {
        let metrics = Metrics()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        metrics.counter("d_total", help: "D.", labels: [("n", "\(number % 2)")]).add()
                        metrics.histogram("e_seconds", help: "E.").observe(seconds: 0.001)
                    }
                }
            }
        }
        let text = metrics.exposition()
        #expect(text.contains("d_total{n=\"0\"} 4000\n") && text.contains("d_total{n=\"1\"} 4000\n"))
        #expect(text.contains("e_seconds_count 8000\n"))
    }

    /// Debian's `promtool` is the format's own judge.
    @Test func promtoolFindsNothingWrong() async throws {
        let metrics = Metrics()
        metrics.counter("f_total", help: "F.", labels: [("a", "\"x\\\n")]).add()
        metrics.gauge("g_ratio", help: "G.").set(.infinity)
        metrics.histogram("h_seconds", help: "H.").observe(seconds: 1)
        let text = Data(metrics.exposition().utf8)
        let verdict = try await onOwnThread { try ChildProcess.run("promtool", ["check", "metrics"], input: text) }
        #expect(verdict.status != 127, "promtool is missing: apt-get install prometheus")
        #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
    }
}
