import FeatureStore
import Features
import Testing

@testable import FeatureStore

@Suite struct ClusterViewTests {
    private func name(_ digit: Character) -> String { String(repeating: digit, count: 40) }

    /// The fields are those of the manual (redis.io, CLUSTER NODES, "Serialization format" and "Special slot entries").
    @Test func readsMastersReplicasAndSlotsOnTheWay() throws {
        let text = """
            \(name("b")) 127.0.0.1:30002@31002,host-b myself,master - 0 1426238316232 2 connected 5461-10922 [93-<-\(name("a"))]
            \(name("a")) 127.0.0.1:30001@31001 master - 0 1426238316232 1 connected 0-92 94-5460 [77->-\(name("b"))]
            \(name("2")) 127.0.0.1:30006@31006 slave,fail \(name("b")) 1426238316232 1426238316232 2 disconnected
            \(name("1")) 127.0.0.1:30004@31004 slave \(name("b")) 0 1426238317239 4 connected
            \(name("c")) 127.0.0.1:30003@31003 master,fail - 1426238316232 1426238316232 3 disconnected
            \(name("d")) 127.0.0.1:30005@31005 master - 0 1426238316232 0 connected
            \(name("e")) :0@0 master,noaddr - 0 0 0 disconnected
            \(name("f")) 127.0.0.1:30009@31009 handshake - 0 0 0 connected
            """
        let view = ClusterView(text, askedAt: try StoreAddress("redis://127.0.0.1:30002"))
        #expect(view.masters.map(\.id) == [name("a"), name("b"), name("d")])
        #expect(view.masters.map(\.hasSlots) == [true, true, false])
        #expect(view.masters.map(\.replicas) == [[], [name("1"), name("2")], []])
        #expect(view.masters[2].address == (try StoreAddress("redis://127.0.0.1:30005")))
        #expect(view.id == name("b") && view.movingSlots == [93: name("a"), 77: name("b")])
    }

    @Test func whoIsAwayMayComeBack() {
        let lives = [SlotHome.Life(node: 2, life: 5)]
        let place = SlotPlace(home: SlotHome(nodes: [2], lives: lives), master: 2)
        #expect(place.home(after: nil) == place.home)
        #expect(place.home(after: SlotHome(nodes: [1, 2], lives: [])) == SlotHome(nodes: [1, 2], lives: lives), "the old master")
        #expect(place.home(after: SlotHome(nodes: [1, 3], lives: [])) == place.home, "the slot has moved")
        #expect(place.home(after: SlotHome(nodes: Array(0..<8), lives: [])).nodes == Array(0..<8))
        #expect(place.home(after: SlotHome(nodes: Array(0..<9), lives: [])) == place.home)
    }

    /// Masters 1 and 3 in their tenth lives, the slot at 1, whose replica 2 is.
    @Test func whoVouchesForAMarker() {
        func lives(_ lives: [(UInt32, UInt32)]) -> [SlotHome.Life] { lives.map { SlotHome.Life(node: $0.0, life: $0.1) } }
        let home = SlotHome(nodes: [1, 2], lives: lives([(1, 10), (3, 10)]))
        func vouches(_ master: UInt32, _ now: [(UInt32, UInt32)], idle: Set<UInt32> = [], partners: Set<UInt32> = []) -> Bool {
            SlotPlace(home: SlotHome(nodes: [master], lives: lives(now)), master: master, idle: idle, partners: partners).vouches(for: home)
        }
        #expect(vouches(1, [(1, 11), (3, 10)]), "started anew, a master has a beginning of its past")
        #expect(vouches(2, [(2, 1), (3, 10)]), "so has its replica, which was promoted")
        #expect(vouches(3, [(1, 10), (3, 10)]), "the slot has moved, and nobody has lost anything")
        #expect(vouches(1, [(1, 10), (3, 10)], partners: [1, 3]))
        #expect(vouches(1, [(1, 10), (3, 10), (4, 2)], partners: [1, 3]), "a third one has nothing to do with it")
        #expect(vouches(3, [(3, 10)]), "the other one is no master any more")
        #expect(vouches(3, [(3, 10), (4, 1)], idle: [4]), "a master without slots has never had it")
        #expect(!vouches(3, [(1, 10), (3, 11)]))
        #expect(!vouches(3, [(1, 11), (3, 10)]), "by way of another that lost something")
        #expect(!vouches(3, [(1, 11), (3, 10)], idle: [1]))
        #expect(!vouches(3, [(3, 10), (4, 1)]), "it may have come by one that nobody knew")
        #expect(!vouches(1, [(1, 10), (3, 11)], partners: [1, 3]), "it may have lost what it got")
        #expect(!vouches(1, [(1, 11), (3, 10)], partners: [1, 3]), "it may have back what it gave away, and which changed there")
        #expect(!vouches(1, [(1, 10)], partners: [1, 3]), "it is gone with what it got")
        #expect(!vouches(2, [(2, 1), (4, 1)], idle: [4], partners: [4]), "nor is the one known that takes it")
        #expect(SlotPlace(home: home, master: 9, partners: [1]).vouches(for: nil))
    }
}
