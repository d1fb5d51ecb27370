import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// `recs doctor` finds what `recs serve` would stumble over, and says what to do.
    @Suite(.server()) struct DoctorTests {
        let server: RunningServer
        let folder: TemporaryFolder
        init() throws {
            server = try #require(RunningServer.current)
            folder = try TemporaryFolder()
        }

        private struct Finding: Decodable {
            var what: String
            var ok: Bool
            var found: String
            var fix: String
        }

        /// What is found with these arguments; in a folder that is not there yet and on a free port, unless they say otherwise.
        private func findings(_ arguments: String...) async throws -> [Finding] {
            let usual = ["doctor", "--json", "--data", folder.path("data"), "--port", "\(freePort())"]
            let run = try await RecsBinary.run(usual + arguments)
            let findings = try JSONDecoder().decode([Finding].self, from: Data(run.output.utf8))
            #expect(findings.count >= 6)
            #expect(run.status == (findings.allSatisfy(\.ok) ? 0 : 1))
            #expect(findings.allSatisfy { $0.ok == $0.fix.isEmpty && !$0.found.isEmpty })
            return findings
        }

        private func finding(_ what: String, _ findings: [Finding]) throws -> Finding {
            try #require(findings.first { $0.what.hasPrefix(what) }, "nothing on \(what): \(findings)")
        }

        @Test func missingRedisIsNamedWithItsPackage() async throws {
            let run = try await RecsBinary.run(
                "doctor", "--data", folder.path("data"), "--port", "\(freePort())", environment: ["PATH": "/nowhere"])
            #expect(run.status == 1 && run.output.contains("apt-get install redis-server"), "\(run.output)\(run.errors)")
        }

        @Test func folderThatServeWouldMakeIsFine() async throws {
            let deep = folder.path("not/there/yet")
            let findings = try await findings("--data", deep)
            let data = try finding("data folder", findings)
            #expect(data.ok && data.found.contains("will be made"), "\(data)")
            let disk = try finding("free disk", findings)
            #expect(disk.found.hasSuffix(folder.url.standardizedFileURL.path), "\(disk)")
            #expect(!FileManager.default.fileExists(atPath: deep))
        }

        @Test func otherPartitionsThanTheLogsAreNamed() async throws {
            for (number, isRight) in [("4", true), ("7", false)] {
                let run = try await RecsBinary.run(
                    ["doctor", "--json", "--data", server.folder.path("data"), "--port", "\(freePort())"],
                    environment: ["RECS_PARTITIONS": number])
                let partitions = try finding(
                    "partitions of the log", JSONDecoder().decode([Finding].self, from: Data(run.output.utf8)))
                #expect(partitions.ok == isRight && partitions.fix.contains("partitions: 4") == !isRight, "\(partitions)")
            }
        }

        @Test func folderUnderAFileIsNot() async throws {
            try "x".write(toFile: folder.path("file"), atomically: true, encoding: .utf8)
            let data = try finding("data folder", await findings("--data", folder.path("file/data")))
            #expect(!data.ok && data.found.contains("no folder") && data.fix.contains("--data"), "\(data)")
        }

        @Test func portIsTriedOnTheHostGiven() async throws {
            let port = try #require(server.url.split(separator: ":").last.map(String.init))
            let used = try finding("port", await findings("--port", port))
            #expect(!used.ok && used.found == "in use" && used.fix.contains("--port"), "\(used)")
            let running = try await findings("--data", server.folder.path("data"), "--port", port)
            let own = try finding("port", running)
            #expect(own.ok && own.found == "in use by a recs service", "\(own)")
            // Another address of this machine has the same port free.
            let file = folder.path("recs.yaml")
            try "listen: { host: 127.0.0.2 }\nkeys: [{ name: a, key: admin-0123456789, role: admin }]\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            let other = try finding("port", await findings("--config", file, "--port", port))
            #expect(other.ok, "\(other)")
            let elsewhere = try finding("port", await findings("--config", file, "--host", "192.0.2.1"))
            #expect(!elsewhere.ok && elsewhere.fix.contains("--host"), "\(elsewhere)")
        }

        @Test func redisThatIsNamedIsAsked() async throws {
            let good = try finding("Redis", await findings("--redis", "unix://\(server.folder.path("data/redis/redis.sock"))"))
            #expect(good.ok && good.found == "answers", "\(good)")
            let bad = try finding("Redis", await findings("--redis", "redis://127.0.0.1:\(freePort())"))
            #expect(!bad.ok && bad.fix.contains("redis-server") && bad.fix.contains("--redis"), "\(bad)")
        }

        @Test func redisThatIsNearlyFullIsFound() async throws {
            let redis = try await ExternalRedis()
            func memory(_ findings: [Finding]) throws -> Finding { try finding("Redis", findings) }
            #expect(try memory(await findings("--redis", redis.url)).ok)
            // Of which a Redis without any key uses more than nine tenths.
            let port = try #require(redis.url.split(separator: ":").last.map(String.init))
            let info = try ChildProcess.run("redis-cli", ["-p", port, "INFO", "memory"]).output
            let used = try #require(info.firstMatch(of: /used_memory:(\d+)/).flatMap { Int($0.output.1) })
            _ = try ChildProcess.run("redis-cli", ["-p", port, "CONFIG", "SET", "maxmemory", "\(used)"])
            let full = try memory(await findings("--redis", redis.url))
            #expect(!full.ok && full.fix.contains("maxmemory"), "\(full)")
            try await redis.kill()
        }

        /// The files of a running service are whole; one with some bytes of another is not, and `serve` says so as well.
        @Test func damagedFilesAreFound() async throws {
            let running = try await findings("--data", server.folder.path("data")).filter { $0.what.hasPrefix("file ") }
            #expect(running.count > 5 && running.allSatisfy(\.ok), "\(running)")
            let data = folder.path("data")
            try FileManager.default.createDirectory(atPath: data + "/log", withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: server.folder.path("data/log/play_events.sqlite"), toPath: data + "/log/play_events.sqlite")
            let file = try #require(FileHandle(forUpdatingAtPath: data + "/log/play_events.sqlite"))
            try file.seek(toOffset: 100)
            try file.write(contentsOf: Data(repeating: 0xa5, count: 3000))
            try file.close()
            try "no database".write(toFile: data + "/control.sqlite", atomically: true, encoding: .utf8)
            try FileManager.default.createDirectory(atPath: data + "/archive/play_events", withIntermediateDirectories: true)
            try "no database".write(toFile: data + "/archive/play_events/manifest.sqlite", atomically: true, encoding: .utf8)
            let damagedPaths = ["log/play_events.sqlite", "control.sqlite", "archive/play_events/manifest.sqlite"]
            let found = try await findings("--data", data)
            for name in damagedPaths.map({ "file \($0)" }) {
                let damaged = try finding(name, found)
                #expect(!damaged.ok && damaged.fix.contains("recs restore"), "\(damaged)")
            }
            let run = try await RecsBinary.run("serve", "--data", data, "--port", "\(freePort())")
            #expect(run.status == 1 && run.errors.contains("control.sqlite") && run.errors.contains("recs restore"), "\(run.errors)")
        }

        @Test func registryThatIsNamedIsAsked() async throws {
            let good = try finding("schema registry", await findings("--registry", server.url))
            #expect(good.ok, "\(good)")
            let bad = try finding("schema registry", await findings("--registry", "http://127.0.0.1:\(freePort())"))
            #expect(!bad.ok && bad.fix.contains("--registry"), "\(bad)")
        }

        @Test func brokerThatIsNamedIsAsked() async throws {
            let broker = try KafkaBroker(port: freePort(), folder: nil)
            let listens = await comesTrue { broker.isListening }
            try #require(listens, "the broker does not open its port")
            let good = try finding("broker", await findings("--log", "kafka://127.0.0.1:\(freePort()),\(broker.bootstrap)"))
            #expect(good.ok && good.found.contains(broker.bootstrap), "\(good)")
            broker.stop()
            let nobody = try finding("broker", await findings("--log", "kafka://\(broker.bootstrap)"))
            #expect(!nobody.ok && nobody.found.contains("no connection") && nobody.fix.contains("--log"), "\(nobody)")
            let other = try finding("broker", await findings("--log", server.url.replacingOccurrences(of: "http", with: "kafka")))
            #expect(!other.ok && other.found.contains("does not answer as a Kafka broker"), "\(other)")
            #expect(try await findings().allSatisfy { !$0.what.hasPrefix("broker") })
        }
    }
}
