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
        #expect(view.movingSlots == [93, 77])
    }

    @Test func whoVouchesForAMarker() {
        func place(_ master: UInt64, isMoving: Bool = false, lives: UInt64) -> SlotPlace {
            SlotPlace(home: SlotHome(nodes: [master], lives: lives), master: master, isMoving: isMoving)
        }
        let home = SlotHome(nodes: [1, 2], lives: 10)
        #expect(place(1, lives: 10).vouches(for: home))
        #expect(place(1, lives: 11).vouches(for: home), "the master was started anew: it has a beginning of its past")
        #expect(place(2, lives: 11).vouches(for: home), "so has its replica, which was promoted")
        #expect(place(3, lives: 10).vouches(for: home), "the slot has moved, and nobody has lost anything")
        #expect(place(1, isMoving: true, lives: 10).vouches(for: home))
        #expect(!place(3, lives: 11).vouches(for: home))
        #expect(!place(1, isMoving: true, lives: 11).vouches(for: home))
        #expect(place(3, isMoving: true, lives: 11).vouches(for: nil))
    }
}
