import Testing

@testable import Service

@Suite struct RateLimiterTests {
    @Test func aBurstOfASecondPassesThenTheKeyWaits() {
        let limiter = RateLimiter(rate: 3)
        let waits = (0..<4).map { _ in limiter.wait(for: "a") }
        #expect(waits[..<3].allSatisfy { $0 == nil })
        #expect(waits[3] == 1)
        let other = limiter.wait(for: "b")
        #expect(other == nil)
    }

    @Test func noRateLetsAllThrough() {
        let limiter = RateLimiter(rate: 0)
        #expect((0..<1000).allSatisfy { _ in limiter.wait(for: "a") == nil })
    }
}
