import FeatureStore
import Features
import Foundation
import TestSupport
import Testing

@testable import FeatureStore

@Suite struct RedisServerTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func keepsDataOverARestart() throws {
        let keys = Keys(namespace: "main")
        let bucket = Bucket(partition: 0, index: 0)
        do {
            let server = try RedisServer(folder: folder.path("redis"))
            var batch = WriteBatch(keys: keys, topic: "play", partition: 0)
            batch.append(user: "a", bucket: bucket, expected: nil, value: value(1, "kept"))
            #expect(try StoreConnection(server.address).commit(batch) == [])
            server.stop()
            #expect(!server.isRunning)
        }
        let server = try RedisServer(folder: folder.path("redis"))
        #expect(!server.isTakenOver)
        let found = try StoreConnection(server.address).values([keys.user(topic: "play", bucket: bucket, user: UserID("a"))])
        #expect(found == [value(1, "kept")])
    }

    @Test func startsWithSettingsThatKeepFeatures() throws {
        let server = try RedisServer(folder: folder.path("redis"))
        #expect(try StoreConnection(server.address).settingsProblems() == [])
    }

    @Test func takesOverTheServerOfACrashedRun() throws {
        let leftover = try startLeftover(socket: "redis.sock")
        let server = try RedisServer(folder: folder.path("redis"))
        #expect(server.isTakenOver)
        #expect(server.processID == leftover)
        server.stop()
        #expect(!server.isRunning)
    }

    @Test func endsALeftoverThatCannotBeReached() throws {
        let leftover = try startLeftover(socket: "elsewhere.sock")
        let server = try RedisServer(folder: folder.path("redis"))
        #expect(!server.isTakenOver)
        #expect(server.processID != leftover)
        #expect(kill(leftover, 0) == -1)
    }

    @Test func refusesAFolderInUse() throws {
        let server = try RedisServer(folder: folder.path("redis"))
        #expect(failureKind { () throws(StoreError) in _ = try RedisServer(folder: folder.path("redis")) } == .locked)
        #expect(server.isRunning)
    }

    @Test func noticesThatTheServerHasDied() throws {
        let server = try RedisServer(folder: folder.path("redis"))
        kill(server.processID, SIGKILL)
        #expect(eventually { !server.isRunning })
    }

    @Test func saysHowToInstallRedis() {
        let failure = #expect(throws: StoreError.self) { try RedisServer(folder: folder.path("redis"), program: "no-such-redis-server") }
        #expect(failure?.kind == .notInstalled)
        #expect(failure?.description.contains("apt-get install redis-server") == true)
    }

    @Test func showsTheLastWordsOfAServerThatDoesNotStart() throws {
        try FileManager.default.createDirectory(atPath: folder.path("redis/appendonlydir"), withIntermediateDirectories: true)
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: folder.path("redis/appendonlydir/appendonly.aof.manifest")))
        let failure = #expect(throws: StoreError.self) { try RedisServer(folder: folder.path("redis")) }
        #expect(failure?.kind == .unavailable)
        #expect(failure?.description.contains("manifest") == true)
    }

    @Test func findsAShortSocketForALongFolder() throws {
        let long = folder.path(String(repeating: "long", count: 30))
        let server = try RedisServer(folder: long)
        guard case .unix(let path) = server.address.endpoint else { throw StoreError(.badAddress, "not a socket") }
        #expect(path.utf8.count <= RedisServer.socketPathBytesMax)
        #expect(try StoreConnection(server.address).namespaces() == [])
    }

    @Test(arguments: [1, 30]) func whoDoesNotStartItFindsItsSocket(length: Int) throws {
        let name = folder.path(String(repeating: "long", count: length))
        let link = folder.path("link")
        let early = try RedisServer.address(folder: name + "/redis")
        let server = try RedisServer(folder: name + "/redis")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: name)
        #expect(early == server.address)
        #expect(try RedisServer.address(folder: link + "/redis") == server.address)
    }

    /// A server such as a run that was killed leaves behind; returns its process id.
    private func startLeftover(socket: String) throws -> Int32 {
        let path = folder.path("redis")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let processID = try RedisServer.spawn("redis-server", folder: path, socket: "\(path)/\(socket)")
        let address = StoreAddress(socketPath: "\(path)/\(socket)")
        let isUp = eventually { (try? StoreConnection(address)) != nil }
        #expect(isUp)
        return processID
    }
}
