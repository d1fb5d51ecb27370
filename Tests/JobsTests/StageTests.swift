import Events
import Jobs
import Testing

@Suite struct StageTests {
    @Test func botsAndTestTrafficAreToldByUserOrDevice() {
        let filter = TrafficFilter(prefixes: ["bot-", "", "loadtest-"])
        for (user, device, isFiltered) in [
            ("bot-7", "d", true), ("u", "loadtest-1", true), ("robot-7", "d", false), ("bot", "d", false), ("", "", false),
        ] {
            var maker = EventMaker()
            var event = maker.event(.playStart, at: 0)
            event.user = maker.slice(user)
            event.device = maker.slice(device)
            let matches = maker.bytes.withUnsafeBytes { filter.matches(event, bytes: $0) }
            #expect(matches == isFiltered, "\(user) \(device)")
        }
    }

    @Test func timesAndRegionsAreChecked() {
        var maker = EventMaker()
        func reason(at: Int64, appended: Int64, region: String = "SEA") -> DeadLetterReason? {
            var event = maker.event(.playStart, at: at, region: region)
            event.appendTime = appended
            return validate(event)
        }
        let now: Int64 = 1_760_000_000_000
        #expect([reason(at: now, appended: now), reason(at: 0, appended: now)] == [nil, nil])
        #expect([reason(at: now + 300_000, appended: now), reason(at: now + 300_001, appended: now)] == [nil, .futureTimestamp])
        #expect([reason(at: -1, appended: now), reason(at: .max, appended: .max)] == [.absurdTimestamp, .absurdTimestamp])
        let regions = [reason(at: now, appended: now, region: "12345678"), reason(at: now, appended: now, region: "123456789")]
        #expect(regions == [nil, .badRegion])
    }
}
