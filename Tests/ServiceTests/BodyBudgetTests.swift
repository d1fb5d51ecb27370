import Testing

@testable import Service

@Suite struct BodyBudgetTests {
    @Test func whatDoesNotFitIsLeftOutUntilOthersGiveBack() {
        let metrics = Metrics()
        let budget = BodyBudget(byteCountMax: 100, metrics: metrics)
        let taken = [60, 40, 1].map { budget.take($0) }
        #expect(taken == [true, true, false])
        #expect(metrics.exposition().contains("recs_gateway_body_bytes 100.0\n"))
        budget.giveBack(40)
        let later = [41, 40].map { budget.take($0) }
        #expect(later == [false, true])
        budget.giveBack(60)
        budget.giveBack(40)
        #expect(metrics.exposition().contains("recs_gateway_body_bytes 0.0\n"))
    }

    @Test func oneBodyAloneIsLetInHoweverLarge() {
        let budget = BodyBudget(byteCountMax: 10, metrics: Metrics())
        let taken = [11, 1].map { budget.take($0) }
        #expect(taken == [true, false])
        budget.giveBack(11)
        let parts = [0, 6, 12].map { budget.take(6, own: $0) }
        #expect(parts == [true, true, true])
        let another = budget.take(1)
        #expect(!another)
    }
}
