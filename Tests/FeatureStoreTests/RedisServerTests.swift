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

    /// Redis' own settings rewrite the file after 64 MB, a few seconds of busy viewers' values.
    @Test func doesNotRewriteItsFileEveryFewSeconds() throws {
        let server = try RedisServer(folder: folder.path("redis"))
        let pipeline = try Pipeline(server.address, timeoutMilliseconds: 10_000)
        let value = [UInt8](repeating: 7, count: 4 << 20)
        for _ in 0..<20 {
            pipeline.commands.command("SET", argumentCount: 2)
            pipeline.commands.argument("a")
            pipeline.commands.argument(value)
            try pipeline.exchange()
        }
        let store = try StoreConnection(server.address)
        var info = try #require(try store.infos().first)
        // Redis looks at the file's size ten times a second, by its own clock.
        let until = try microseconds(info) + 500_000
        while try microseconds(info) < until { info = try #require(try store.infos().first) }
        #expect(try #require(info["aof_current_size"].flatMap { Int($0) }) > 80 << 20)
        #expect(info["aof_rewrites"] == "0" && info["aof_rewrite_in_progress"] == "0")
    }

    private func microseconds(_ info: [String: String]) throws -> Int { try #require(info["server_time_usec"].flatMap { Int($0) }) }

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

    @Test func endsTheWaitForAServerThatIsNotWantedAnyMore() throws {
        let (program, started) = (folder.path("never-ready"), folder.path("never-ready.pid"))
        try "#!/bin/sh\necho $$ > \(started)\nexec sleep 600\n".write(toFile: program, atomically: true, encoding: .utf8)
        chmod(program, 0o700)
        func process() -> Int32? {
            (try? String(contentsOfFile: started, encoding: .utf8)).flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        let failure = #expect(throws: StoreError.self) {
            try RedisServer(folder: folder.path("redis"), program: program) { process() == nil }
        }
        #expect(failure?.kind == .unavailable)
        #expect(kill(try #require(process()), 0) == -1 && errno == ESRCH)
        // The folder is free again.
        #expect(try RedisServer(folder: folder.path("redis")).isRunning)
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
