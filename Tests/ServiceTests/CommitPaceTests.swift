import Testing

@testable import Service

/// A job that lags writes less often, and no later than it must.
@Suite struct CommitPaceTests {
    @Test func commitsAreASecondApartWhileMoreThanASecondOfWorkIsLeft() {
        var pace = CommitPace(interval: .milliseconds(100))
        #expect(pace.current == .milliseconds(100))
        pace.saw(lag: 60_000, rate: 50_000)
        #expect(pace.current == .seconds(1))
        pace.saw(lag: 40_000, rate: 50_000)
        #expect(pace.current == .milliseconds(100))
    }

    @Test func aFewRecordsAreNoLagWhateverTheRate() {
        var pace = CommitPace(interval: .milliseconds(10))
        pace.saw(lag: 4000, rate: 0)
        #expect(pace.current == .milliseconds(10))
    }

    @Test func whatIsTakenInAtTheEndOfALagIsWrittenAtOnce() {
        var pace = CommitPace(interval: .milliseconds(100))
        pace.saw(lag: 1_000_000, rate: 10)
        // A poll waits no longer than before, so that it tells soon that the log holds no more.
        #expect(pace.pollMilliseconds(after: .milliseconds(300)) == 100)
        #expect(pace.pollMilliseconds(after: .milliseconds(950)) == 50)
        pace.foundNothing(lag: 1)
        #expect(pace.current == .seconds(1))
        pace.foundNothing(lag: 0)
        #expect(pace.current == .milliseconds(100))
        #expect(pace.pollMilliseconds(after: .milliseconds(300)) == 1)
    }

    /// With steady traffic no poll is ever empty.
    @Test func whoHasTakenInWhatWasMissingKeepsUpAgain() {
        var pace = CommitPace(interval: .milliseconds(100))
        pace.saw(lag: 20_000, rate: 8000)
        pace.took(19_999)
        #expect(pace.current == .seconds(1))
        pace.took(4096)
        #expect(pace.current == .milliseconds(100))
    }

    @Test func whereSomebodyWaitsCommitsAreNoRarer() {
        var pace = CommitPace(interval: .milliseconds(10), behind: .milliseconds(10))
        pace.saw(lag: 1_000_000, rate: 10)
        #expect(pace.current == .milliseconds(10))
    }

    @Test func anIntervalOfMoreThanASecondStays() {
        var pace = CommitPace(interval: .seconds(5))
        pace.saw(lag: 1_000_000, rate: 10)
        #expect(pace.current == .seconds(5))
    }
}
