import Testing

@testable import Service

@Suite struct ThreadMeterTests {
    @Test(arguments: [
        ("NIO-SGLTN-1-#2", "event loops"), ("rdk:broker1", "librdkafka"), ("job play_events", "jobs"), ("log-play_events", "log writers"),
        ("title snapshot", "title snapshot"), ("worker-7", "worker-"),
    ]) func threadsAreGroupedByWhatTheyDo(name: String, group: String) {
        #expect(ThreadMeter.group(of: name) == group)
    }

    @Test func whatNoLivingThreadHasUsedIsOther() {
        let shares = ThreadMeter(of: -1).shares(of: 2)
        #expect(shares == [.init("other", 2)])
    }
}
