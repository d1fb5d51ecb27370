import NIOCore

extension BenchReport {
    /// The report as one line of JSON; without figures where something was wrong.
    package var json: String {
        let buffer = JSONWriter.object { json in
            json.member("bench", bench)
            json.member("setting", setting)
            json.member("checked", faults.isEmpty)
            json.member("checks", checked)
            json.member("faults")
            json.array(faults) { $0.string($1) }
            writeHeadline(to: &json)
            json.member("figures")
            json.array(faults.isEmpty ? figures : []) { json, figure in json.object { write(figure, to: &$0) } }
            json.member("yardsticks")
            json.array(faults.isEmpty ? yardsticks : []) { json, yardstick in
                json.object {
                    write(yardstick.figure, to: &$0)
                    $0.member("ratios")
                    $0.object { json in
                        for (name, ratio) in ratios(yardstick) {
                            json.member(named: name)
                            json.number(ratio)
                        }
                    }
                }
            }
            json.member("latencies")
            json.array(faults.isEmpty ? latencies : []) { json, latency in json.object { write(latency, to: &$0) } }
            json.member("aims")
            json.array(faults.isEmpty ? aims : []) { json, aim in json.object { write(aim, to: &$0) } }
            json.member("peak_bytes", peakBytes)
            json.member("machine")
            json.object { json in
                json.member("cpu", machine.cpu)
                json.member("cores", machine.coreCount)
                for (name, version) in machine.versions {
                    json.member(named: name)
                    json.string(version)
                }
            }
        }
        return String(buffer: buffer)
    }

    /// What scripts rely on beside `bench`, `checked` and `yardsticks`: the first figure's rate and times, or, where single steps were not timed
    /// by runs, the first latency's times; null for what a benchmark does not measure.
    private func writeHeadline(to json: inout JSONWriter) {
        let figure = faults.isEmpty ? figures.first : nil
        let latency = faults.isEmpty ? latencies.first : nil
        json.member(named: "\(figures.first?.unit ?? "events")_per_cpu_second")
        json.optional(figure?.perCPUSecond.median)
        write(p50: figure?.times?.p50 ?? latency?.p50.median, p99: figure?.times?.p99 ?? latency?.p99.median, to: &json)
    }

    private func write(p50: Double?, p99: Double?, to json: inout JSONWriter) {
        json.member("p50_ms")
        json.optional(p50)
        json.member("p99_ms")
        json.optional(p99)
    }

    private func write(_ figure: Figure, to json: inout JSONWriter) {
        json.member("name", figure.name)
        json.member("unit", figure.unit)
        json.member("count", figure.count)
        json.member("runs", figure.runs.count)
        json.member("per_cpu_second")
        write(figure.perCPUSecond, to: &json)
        json.member("per_second")
        write(figure.perSecond, to: &json)
        json.member("cpu_seconds", figure.cpuSeconds)
        json.member("seconds", figure.seconds)
        json.member("other_cpu_seconds")
        write(figure.others, to: &json)
        json.member("cpu_seconds_by_stage")
        write(figure.stages, to: &json)
        json.member("timed", figure.times?.step)
        write(p50: figure.times?.p50, p99: figure.times?.p99, to: &json)
        json.member("details")
        json.object { json in
            for (name, value) in figure.details {
                json.member(named: name)
                json.number(value)
            }
        }
    }

    private func write(_ latency: Latency, to json: inout JSONWriter) {
        json.member("name", latency.name)
        json.member("count", latency.count)
        json.member("runs", latency.runs.count)
        write(p50: latency.p50.median, p99: latency.p99.median, to: &json)
        json.member("p99_ms_of_runs")
        write(latency.p99, to: &json)
        json.member("max_ms", latency.greatest)
        if let yardstick = latency.yardstick {
            json.member("yardstick", yardstick.name)
            json.member("p50_ratio", latency.p50.median / max(yardstick.p50, 1e-9))
            json.member("p99_ratio", latency.p99.median / max(yardstick.p99, 1e-9))
        }
    }

    private func write(_ aim: Aim, to json: inout JSONWriter) {
        json.member("of", aim.of)
        json.member("what", aim.what)
        switch aim.bound {
        case .atLeast(let least): json.member("at_least", least)
        case .atMost(let most): json.member("at_most", most)
        }
        json.member("value", aim.value)
        json.member("reached", aim.isReached)
    }

    private func write(_ spread: Spread, to json: inout JSONWriter) {
        json.object {
            $0.member("median", spread.median)
            $0.member("min", spread.least)
            $0.member("max", spread.greatest)
        }
    }

    private func write(_ shares: [Share], to json: inout JSONWriter) {
        json.object { json in
            for share in shares {
                json.member(named: share.name)
                json.number(share.cpuSeconds)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func optional(_ value: Double?) {
        if let value { number(value) } else { null() }
    }
}
