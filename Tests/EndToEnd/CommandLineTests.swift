import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Manners of the command line: help, usage errors, `--json` alone on standard output.
    @Suite(.server()) struct CommandLineTests {
        let server: RunningServer
        init() throws { server = try #require(RunningServer.current) }

        static let commands: [[String]] = [
            [], ["serve"], ["work"], ["status"], ["doctor"], ["home"], ["explain"], ["explain", "user"], ["users"], ["experiments"],
            ["experiments", "list"], ["experiments", "report"], ["catalog"], ["catalog", "import"], ["catalog", "diff"], ["log"],
            ["log", "tail"], ["log", "topics"], ["log", "export"], ["dead-letters"], ["dead-letters", "ls"], ["dead-letters", "show"],
            ["dead-letters", "redrive"], ["archive"], ["archive", "ls"], ["archive", "check"], ["archive", "cat"], ["archive", "compact"],
            ["replay"], ["namespace"], ["namespace", "ls"], ["namespace", "switch"], ["namespace", "confirm"], ["namespace", "drop"],
            ["repartition"], ["verify"],
            ["backup"], ["restore"], ["schemas"], ["schemas", "list"], ["schemas", "check"], ["simulate"], ["import"],
            ["import", "movielens"], ["playback-stub"], ["bench"], ["bench", "core"], ["bench", "operators"], ["bench", "stream"],
            ["bench", "capture"], ["bench", "home"], ["bench", "freshness"], ["bench", "signals"], ["bench", "replay"],
            ["bench", "growth"], ["bench", "soak"],
        ]

        /// The commands that a command's help lists.
        private func subcommands(of command: [String]) async throws -> [[String]] {
            let help = try await RecsBinary.run(command + ["--help"]).output
            let list = help.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().first ?? ""
            let lines = list.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See ") }
            return lines.compactMap { $0.split(separator: " ").first.map { command + [String($0)] } }
        }

        @Test func everyCommandIsTried() async throws {
            var found: Set<[String]> = [[]]
            var rest: [[String]] = [[]]
            while let command = rest.popLast() {
                let next = try await subcommands(of: command)
                found.formUnion(next)
                rest += next
            }
            #expect(found.count > 40 && found == Set(Self.commands), "\(found.symmetricDifference(Self.commands))")
        }

        @Test(arguments: commands) func helpIsPrinted(_ command: [String]) async throws {
            let run = try await RecsBinary.run(command + ["--help"])
            #expect(run.status == 0)
            #expect(run.output.contains("USAGE: recs \(command.joined(separator: " "))") && run.errors.isEmpty)
        }

        @Test(arguments: commands) func unknownFlagIsAUsageError(_ command: [String]) async throws {
            let run = try await RecsBinary.run(command + ["--no-such-flag"])
            #expect(run.status == 64)
            #expect(run.output.isEmpty && !run.errors.isEmpty)
        }

        @Test func nobodyThereIsSaidClearly() async throws {
            let url = "http://127.0.0.1:\(freePort())"
            for command in [["status"], ["home", "a"], ["explain", "user", "a"], ["users"], ["simulate", "--events", "5"]] {
                let run = try await RecsBinary.run(command + ["--url", url])
                #expect(run.status == 1 && run.output.isEmpty, "\(command)")
                #expect(run.errors.contains("recs serve"), "\(run.errors)")
            }
            let address = try await RecsBinary.run("status", "--url", "nonsense")
            #expect(address.status == 1 && address.errors.contains("http://127.0.0.1:8080"))
        }

        @Test func lagIsNotMadeUpWhereNoJobsRun() async throws {
            let frontend = try await RunningServer.start(arguments: ["--no-jobs"])
            let run = try await RecsBinary.run("explain", "user", "a", "--url", frontend.url)
            #expect(run.status == 0 && run.output.contains("not known here") && run.output.contains("title counts"), "\(run.output)")
            #expect(!run.output.contains("0 records"), "\(run.output)")
            #expect(try await frontend.end() == 0)
        }

        @Test func topicsAndTailShowTheLog() async throws {
            struct Extent: Decodable {
                var topic: String
                var start: Int
                var end: Int
            }
            try await server.post([EventText.search("in the log", of: "reader")])
            let data = server.folder.path("data")
            let topics = try await RecsBinary.run("log", "topics", "--data", data, "--json")
            #expect(topics.status == 0, "\(topics.errors)")
            let extents = try JSONDecoder().decode([Extent].self, from: Data(topics.output.utf8))
            #expect(Set(extents.map(\.topic)).isSuperset(of: Contract.publicTopics + ["attribution_events", "dead_letters"]))
            #expect(extents.filter { $0.topic == "search_events" }.reduce(0) { $0 + $1.end - $1.start } == 1)
            let tail = try await RecsBinary.run("log", "tail", "search_events", "--data", data)
            #expect(tail.status == 0)
            #expect(tail.output.contains("\"query\":\"in the log\"") && tail.output.contains("\"offset\":0"))
            let table = try await RecsBinary.run("log", "topics", "--data", data)
            #expect(table.output.hasPrefix("TOPIC"))
            let unknown = try await RecsBinary.run("log", "tail", "no_such_topic", "--data", data)
            #expect(unknown.status == 64 && unknown.errors.contains("search_events"))
            #expect(unknown.errors.contains("Usage: recs log tail"), "\(unknown.errors)")
            let folder = server.folder.path("exported")
            let export = try await RecsBinary.run("log", "export", "search_events", "--data", data, "--out", folder, "--json")
            let files = try JSONSerialization.jsonObject(with: Data(export.output.utf8)) as? [[String: Any]]
            #expect(files?.compactMap { $0["record_count"] as? Int } == [1], "\(export.output)")
            #expect(FileManager.default.fileExists(atPath: files?.first?["path"] as? String ?? ""))
        }

        @Test func schemasThatDoNotFitAreNamed() async throws {
            let folder = try TemporaryFolder()
            let schema = #"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "TYPE"}]}"#
            for type in ["int", "string"] {
                let text = schema.replacingOccurrences(of: "TYPE", with: type)
                try text.write(toFile: folder.path(type), atomically: true, encoding: .utf8)
            }
            try "{}".write(toFile: folder.path("none"), atomically: true, encoding: .utf8)
            let (int, string) = (folder.path("int"), folder.path("string"))
            let same = try await RecsBinary.run("schemas", "check", int, int, "--json")
            #expect(same.status == 0 && same.output == "[]\n", "\(same.output)")
            struct Problem: Decodable {
                var readers: String
                var path: String
            }
            let other = try await RecsBinary.run("schemas", "check", int, string, "--json")
            let problems = try JSONDecoder().decode([Problem].self, from: Data(other.output.utf8))
            #expect(other.status == 1 && problems.map(\.readers) == ["new", "old"], "\(other.output)")
            let none = try await RecsBinary.run("schemas", "check", int, folder.path("none"))
            #expect(none.status == 1 && none.errors.contains("\(folder.path("none")) is no Avro schema: "), "\(none.errors)")
        }

        /// A folder that was mistyped stays as it was, and the command says so.
        @Test(arguments: [
            ["log", "topics"], ["log", "tail", "play_events"], ["log", "export", "play_events", "--out", "/nowhere"], ["namespace", "ls"],
            ["verify"], ["replay", "--into", "v2"], ["dead-letters", "ls"],
        ])
        func noLogIsMadeToLookInto(_ command: [String]) async throws {
            let folder = try TemporaryFolder()
            for data in [folder.path("no-such-folder"), folder.url.path] {
                let run = try await RecsBinary.run(command + ["--data", data])
                #expect(run.status == 1 && run.output.isEmpty, "\(run.output)")
                #expect(run.errors.contains("no log in \(data)") && run.errors.contains("--data"), "\(run.errors)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
        }

        @Test func catalogIsComparedAndImportedWhileRunning() async throws {
            let file = server.folder.path("titles.json")
            try """
            {"genres":[],"titles":[{"title_id":"brand-new","name":"Brand New","genres":["Drama"],"runtime_min":90,"year":2024,"maturity":0,\
            "regions":[],"artworks":["brand-new-a"],"added_at":"2026-01-01","available":true}]}
            """.write(toFile: file, atomically: true, encoding: .utf8)
            let diff = try await RecsBinary.run("catalog", "diff", file, "--url", server.url)
            #expect(diff.status == 0 && diff.output.contains("+ brand-new"), "\(diff.errors)")
            #expect(try await server.get("/v1/titles/brand-new").status == 404)
            let imported = try await RecsBinary.run("catalog", "import", file, "--url", server.url, "--json")
            #expect(imported.status == 0, "\(imported.errors)")
            #expect(try JSONSerialization.jsonObject(with: Data(imported.output.utf8)) is [String: Any])
            #expect(try await server.get("/v1/titles/brand-new").status == 200)
            let again = try await RecsBinary.run("catalog", "diff", file, "--url", server.url)
            #expect(again.status == 0 && again.output.isEmpty, "\(again.output)")
            let isServed = try await comesTrue {
                let ranking = try await server.get("/v1/users/a/recommendations?k=500").decoded(Contract.Ranking.self)
                return ranking.items.contains { $0.titleId == "brand-new" }
            }
            #expect(isServed)
            let lost = try await RecsBinary.run("catalog", "import", "no-such-file.json", "--url", server.url)
            #expect(lost.status == 1 && lost.errors.contains("no-such-file.json"))
        }

        @Test func movieLensIsImported() async throws {
            let folder = try TemporaryFolder()
            try "movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n2,\"Heat, The (1995)\",Crime\n".write(
                toFile: folder.path("movies.csv"), atomically: true, encoding: .utf8)
            try "userId,movieId,rating,timestamp\n7,1,5.0,964982703\n7,2,2.0,964982800\n".write(
                toFile: folder.path("ratings.csv"), atomically: true, encoding: .utf8)
            let run = try await RecsBinary.run("import", "movielens", folder.url.path, "--shift-now", "--url", server.url, "--json")
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output == "{\"titles\":2,\"accepted\":4,\"refused\":0}\n")
            let arrives = try await comesTrue { try await server.profile("ml-7").played.count == 2 }
            #expect(arrives)
        }

        @Test func wrongRequestsOfCommandsAreUsageErrors() async throws {
            for command in [
                ["simulate", "--users", "0"], ["work"], ["work", "--topic", "none"], ["log", "tail", "play_events", "--count", "-1"],
                ["home"],
                ["serve", "--port", "many"],
            ] {
                let run = try await RecsBinary.run(command)
                #expect(run.status == 64, "\(command): \(run.errors)")
                #expect(run.output.isEmpty && run.errors.contains("Usage: recs \(command[0])"), "\(run.errors)")
            }
        }
    }
}
