import Events
import Features
import Jobs
import Testing

@Suite struct ExperimentJobTests {
    private let base: Int64 = 1_760_000_000_000

    @Test func theFirstAssignmentOnTheLogStands() {
        var maker = EventMaker()
        var run = Run<ExperimentState>()
        run.apply(assignment("test", "b", at: base, &maker), maker)
        run.apply(assignment("test", "a", at: base - 1000, &maker), maker)
        run.apply(assignment("other", "a", at: base + 1, &maker), maker)
        #expect(run.effects == [["assignment test b drama \(base)"], [], ["assignment other a drama \(base + 1)"]])
        let names = run.state.assignments.map { "\(run.text($0.test)) \(run.text($0.variant)) \($0.propensityPermille) \($0.at)" }
        #expect(names == ["test b 500 \(base)", "other a 500 \(base + 1)"])
        #expect(run.state.asOf == base + 1)
    }

    @Test func assignmentsWithoutTestVariantOrPropensityAreRefused() {
        var maker = EventMaker()
        var run = Run<ExperimentState>()
        for (test, variant, propensity) in [("", "a", 0.5), ("test", "", 0.5), ("test", "a", 0), ("test", "a", .nan), ("test", "a", 1.1)] {
            var event = assignment(test, variant, at: base, &maker)
            event.value = propensity
            let reason = run.apply(event, maker)
            #expect(reason == .badValue)
        }
        #expect(run.state == ExperimentState())
    }

    @Test func sixtyFourTestsStay() {
        var maker = EventMaker()
        var run = Run<ExperimentState>()
        for number in 0..<100 { run.apply(assignment("test \(number)", "a", at: base, &maker), maker) }
        #expect(run.state.assignments.map { run.text($0.test) } == (36..<100).map { "test \($0)" })
    }

    private func assignment(_ test: String, _ variant: String, at: Int64, _ maker: inout EventMaker) -> Event {
        var event = maker.event(.abTestAssignment, at: at)
        event.text = maker.slice(test)
        event.detail = maker.slice(variant)
        event.segment = maker.slice("drama")
        event.value = 0.5
        return event
    }
}
