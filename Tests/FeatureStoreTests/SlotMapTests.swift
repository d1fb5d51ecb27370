import FeatureStore
import Testing

@testable import FeatureStore

@Suite struct SlotMapTests {
    private func node(_ id: String) throws -> SlotMap.Node { try SlotMap.Node(id: id, address: StoreAddress("redis://\(id):1")) }

    @Test func findsTheMasterOfEverySlot() throws {
        let map = try SlotMap(ranges: [(100...16_383, node("b")), (0...99, node("a"))])
        #expect(map.nodes.map(\.id) == ["a", "b"])
        #expect([0, 99, 100, 16_383].map { map.node(slot: $0) } == [0, 0, 1, 1])
        #expect(map.identity == "0-99:a 100-16383:b")
    }

    @Test func namesTheSlotsThatNobodyServes() throws {
        let node = try node("a")
        let failure = #expect(throws: StoreError.self) { try SlotMap(ranges: [(1...99, node), (101...16_000, node)]) }
        #expect(failure?.kind == .unavailable)
        #expect(failure?.description.contains("no slots 0, 100, 16001 to 16383:") == true)
    }

    @Test func aSingleServerIsNoCluster() throws {
        let fixture = try StoreFixture()
        let pipeline = try Pipeline(fixture.address, timeoutMilliseconds: StoreFixture.timeoutMilliseconds)
        let failure = #expect(throws: StoreError.self) { try SlotMap(from: pipeline) }
        #expect(failure?.kind == .badAddress)
    }
}
