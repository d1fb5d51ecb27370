import FeatureStore
import Testing

@Suite struct StoreAddressTests {
    @Test func readsTheForms() throws {
        #expect(try StoreAddress("redis://cache").endpoint == .tcp(host: "cache", port: 6379))
        #expect(try StoreAddress("redis://[::1]:7000/3").endpoint == .tcp(host: "::1", port: 7000))
        #expect(try StoreAddress("redis://[::1]:7000/3").database == 3)
        #expect(try StoreAddress("unix:///run/r.sock").endpoint == .unix(path: "/run/r.sock"))
        #expect(try StoreAddress("redis+unix:///run/r.sock?db=2").database == 2)
        #expect(try StoreAddress("redis://:p%40ss@h").password == "p@ss")
        #expect(try StoreAddress("redis://me:pw@h").user == "me")
        #expect(try StoreAddress("redis://:pw@h").user == nil)
    }

    @Test func readsTheNodesOfACluster() throws {
        let address = try StoreAddress("redis-cluster://me:p%40ss@a:7000,b,[::1]:7002")
        let seeds = try ["a:7000", "b:6379", "[::1]:7002"].map { try StoreAddress("redis://me:p%40ss@\($0)") }
        #expect(address.endpoint == .cluster(seeds: seeds))
        #expect(address.user == "me")
        #expect(address.password == "p@ss")
        #expect(address.description == "redis-cluster://a:7000,b:6379,[::1]:7002")
    }

    @Test func describesItselfWithoutThePassword() throws {
        let address = try StoreAddress("redis://me:secret@h:1/2")
        #expect(address.description == "redis://h:1/2")
    }

    @Test(arguments: [
        "", "h:6379", "redis://", "redis://h:99999", "redis://h/x", "unix://", "http://h", "redis+unix:///s?db=-1", "redis-cluster://",
        "redis-cluster://a,,b", "redis-cluster://a/1",
    ])
    func refusesWhatIsNoAddress(url: String) {
        #expect(failureKind { () throws(StoreError) in _ = try StoreAddress(url) } == .badAddress)
    }

    @Test func explainsThatThereIsNoTLS() {
        let failure = #expect(throws: StoreError.self) { try StoreAddress("rediss://h:6379") }
        #expect(failure?.description.contains("TLS") == true)
    }
}
