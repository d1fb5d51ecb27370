import Jobs
import TestSupport
import Testing

extension EngineWorld {
    /// Random steps of a worker until it has caught up.
    func live(disturbances: Int, _ random: inout SplitMix64) throws {
        var left = disturbances
        var life = try begin()
        while true {
            let action = Int.random(in: 0..<10, using: &random)
            let titles = Int.random(in: 0..<3, using: &random) == 0
            switch action {
            case 0..<5:
                let isLarge = Int.random(in: 0..<8, using: &random) == 0
                try life.read(Int.random(in: 1...(isLarge ? 400 : 20), using: &random))
            case 8 where left > 0:
                left -= 1
                if Bool.random(using: &random) { store.rollBack(to: Int.random(in: 0...store.writeCount, using: &random)) }
                life = try begin()
            case 9 where left > 0:
                left -= 1
                writesLeft = Int.random(in: 0...30, using: &random)
                do {
                    let isAgreed = try life.commit(titles: titles)
                    #expect(isAgreed)
                } catch is EngineWorld.Crash {
                    life = try begin()
                }
                writesLeft = nil
            default:
                let isAgreed = try life.commit(titles: titles)
                #expect(isAgreed)
                if titles && Bool.random(using: &random) { life.engine.dropCache() }
                if titles && life.isAtEnd { return }
            }
        }
    }
}
