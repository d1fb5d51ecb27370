import Testing

@testable import Torture

/// What a run plans, and what must have happened for it to be clean.
@Suite struct TortureReportTests {
    @Test(arguments: [TortureSettings.LogKind.embedded, .kafka], TortureSettings.RedisKind.allCases)
    func aLongRunPlansEachFailpointTenTimes(log: TortureSettings.LogKind, redis: TortureSettings.RedisKind) {
        var settings = TortureSettings(seed: 5, binary: "")
        settings.log = log
        settings.redis = redis
        let schedule = Disturbance.schedule(settings)
        #expect(schedule.count >= 100)
        for kind in Disturbance.allCases where kind.failpoint != nil { #expect(schedule.count { $0 == kind } >= 10, "\(kind.rawValue)") }
        #expect(schedule.contains(.zombie) && schedule.contains(.redisRollback) && schedule.contains(.diskFull))
    }

    @Test func whatWasPlannedAndNeverHappenedIsNoCleanRun() {
        var report = TortureReport(seed: 1, judgement: Judgement())
        report.counts = [.zombie: .init(planned: 3, dealt: 3, survived: 1), .brokerRestart: .init(survived: 7)]
        #expect(report.isClean)
        #expect(report.killCount == 8)
        report.counts[.zombie] = .init(planned: 3, dealt: 2, survived: 0)
        #expect(!report.isClean)
        #expect(report.shortfalls == ["too seldom: worker stopped and continued: planned 3, dealt 2, survived 0"])
        #expect(report.table.hasSuffix(report.shortfalls[0]))
    }

    /// As often as planned, or ten times.
    @Test(arguments: [(2, 2, true), (2, 1, false), (12, 10, true), (12, 9, false)])
    func failpointsMustBeHitAsOftenAsPromised(planned: Int, survived: Int, isClean: Bool) {
        var report = TortureReport(seed: 1, judgement: Judgement())
        report.counts = [.afterTitles: .init(planned: planned, dealt: planned, survived: survived)]
        #expect(report.isClean == isClean)
    }
}
