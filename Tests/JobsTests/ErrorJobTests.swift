import Events
import Features
import Jobs
import TestSupport
import Testing

@Suite struct ErrorJobTests {
    private let base: Int64 = 1_760_000_000_000

    @Test(arguments: 0..<5) func theNewestTenErrorsStayInAnyOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var maker = EventMaker()
        var run = Run<ErrorState>()
        for number in (0..<30 as Range<Int64>).shuffled(using: &random) {
            var event = maker.event(
                number % 2 == 0 ? .errorOccurred : .playbackFailed, at: base + number, title: number % 3 == 0 ? "" : "t1", region: "EU")
            event.text = maker.slice("E\(number)")
            event.flag = number % 4 == 0
            run.apply(event, maker)
            #expect(run.effects.last == (number % 3 == 0 ? [] : ["failed t1 EU \(base + number)"]))
        }
        let errors = run.state.errors.map { "\(run.text($0.code)) \(run.text($0.title)) \($0.isFatal)" }
        #expect(errors == (20..<30).map { "E\($0) \($0 % 3 == 0 ? "" : "t1") \($0 % 2 == 1 || $0 % 4 == 0)" })
        run.state.expire(logTime: base + 31 * 86_400_000)
        #expect(run.state.errors.isEmpty)
    }
}
