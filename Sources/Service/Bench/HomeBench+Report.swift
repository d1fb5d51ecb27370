extension HomeBench.Result {
    /// The result in the form of all benchmarks.
    package var report: BenchReport {
        let roundTrips = ("Redis round trips a request", storePipelines / max(storeReads, 1))
        return BenchReport(
            bench: "home", setting: "home pages over HTTP", figures: [home.figure(details: [roundTrips])],
            yardsticks: [.init(yardstick.figure(details: []), of: [home.name])], faults: faults,
            checked: "pages have rows and no title twice", peakBytes: ProcessTimes.peakByteCount)
    }
}

extension HomeBench.Load {
    fileprivate func figure(details: [(String, Double)]) -> BenchReport.Figure {
        let run = BenchReport.Run(
            seconds: seconds, cpuSeconds: serverCPUSeconds, others: [BenchReport.Share("Redis", redisCPUSeconds)])
        let common = [("p50 ms", p50), ("p99 ms", p99), ("bytes", Double(bodyBytes))]
        return .init(name, unit: "requests", count: requests, runs: [run], details: common + details)
    }
}
