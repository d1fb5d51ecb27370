import Testing

@testable import Quality

@Suite struct NetworkTraceTests {
    @Test func readsTheFormatOfSabre() throws {
        let json =
            #"[{"duration_ms": 1013, "bandwidth_kbps": 1285, "latency_ms": 100}, {"duration_ms": 7, "bandwidth_kbps": 0, "latency_ms": 0}]"#
        let trace = try NetworkTrace(json: Array(json.utf8))
        #expect(
            trace.stretches == [
                .init(milliseconds: 1013, bandwidthKbps: 1285, latencyMilliseconds: 100),
                .init(milliseconds: 7, bandwidthKbps: 0, latencyMilliseconds: 0),
            ])
        #expect(trace.milliseconds == 1020)
    }

    @Test(arguments: [
        "", "{}", "[]", "[1]", #"[{"duration_ms": 10}]"#, #"[{"duration_ms": 0, "bandwidth_kbps": 1, "latency_ms": 1}]"#,
        #"[{"duration_ms": 5, "bandwidth_kbps": 0, "latency_ms": 1}]"#, #"[{"duration_ms": 5, "bandwidth_kbps": -1, "latency_ms": 1}]"#,
        #"[{"duration_ms": 1e300, "bandwidth_kbps": 1, "latency_ms": 1}]"#,
    ])
    func refusesWhatCannotBePlayed(json: String) {
        #expect(throws: TraceError.self) { try NetworkTrace(json: Array(json.utf8)) }
    }

    @Test func namesTheStretchAndTheMember() {
        let json = #"[{"duration_ms": 5, "bandwidth_kbps": 1, "latency_ms": 1}, {"duration_ms": 10, "latency_ms": 1}]"#
        let error = #expect(throws: TraceError.self) { try NetworkTrace(json: Array(json.utf8)) }
        #expect(error?.description.contains("[1].bandwidth_kbps: ") == true, "\(error?.description ?? "")")
    }

    @Test func repeatsFromTheStart() throws {
        let trace = try NetworkTrace([
            .init(milliseconds: 10, bandwidthKbps: 1, latencyMilliseconds: 0),
            .init(milliseconds: 5, bandwidthKbps: 2, latencyMilliseconds: 0),
        ])
        for start: Int64 in 0..<40 {
            let cursor = TraceCursor(trace, startMilliseconds: start)
            let place = start % 15
            #expect(cursor.stretch.bandwidthKbps == (place < 10 ? 1 : 2))
            #expect(cursor.remainingMilliseconds == (place < 10 ? 10 - place : 15 - place))
        }
    }
}
