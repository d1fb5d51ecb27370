import EventLog

/// CPU and wall time from a moment on.
struct Meter {
    private let redis: Int32
    private let broker: Int32?
    private let started = ContinuousClock.now
    private let own = processCPUNanoseconds()
    private let redisBefore: Double
    private let brokerBefore: Double

    init(redis: Int32, broker: Int32?) {
        self.redis = redis
        self.broker = broker
        redisBefore = ProcessTimes.cpuSeconds(of: redis)
        brokerBefore = broker.map(ProcessTimes.cpuSeconds) ?? 0
    }

    func since() -> (seconds: Double, own: Double, redis: Double, broker: Double) {
        (
            (ContinuousClock.now - started) / .seconds(1), Double(processCPUNanoseconds() - own) / 1e9,
            ProcessTimes.cpuSeconds(of: redis) - redisBefore, (broker.map(ProcessTimes.cpuSeconds) ?? 0) - brokerBefore
        )
    }
}
