import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Parts are killed in the middle; afterwards everything is counted exactly once.
    @Suite struct OutageTests {
        /// Lines of events that the simulator has made for a server, in order, retries included.
        func lines(_ count: Int) async throws -> (lines: [String], users: Set<String>) {
            let users = (1...20).map { "viewer-\($0)" }
            let titles = ["sintel", "big-buck-bunny", "elephants-dream", "tears-of-steel"]
            var random = SplitMix64(seed: 11)
            var lines: [String] = []
            let start = millisecondsNow() - 7_200_000
            for number in 0..<count {
                let user = users[Int.random(in: 0..<users.count, using: &random)]
                let title = titles[Int.random(in: 0..<titles.count, using: &random)]
                let time = start + Int64(number) * 5000
                let (high, low) = (random.next(), random.next())
                let id = UUID(uuid: withUnsafeBytes(of: (high, low)) { $0.loadUnaligned(as: uuid_t.self) })
                let fields = "\"title_id\":\"\(title)\""
                switch number % 5 {
                case 0: lines.append(EventText.event("play_start", of: user, fields, at: time, id: id))
                case 1:
                    let watched = Int64.random(in: 1...14, using: &random) * 60_000
                    lines.append(
                        EventText.event(
                            "play_stop", of: user, fields + ",\"position_ms\":\(watched),\"watched_ms\":\(watched),\"duration_ms\":900000",
                            at: time, id: id))
                case 2: lines.append(EventText.event("recommendation_shown", of: user, fields, at: time, id: id))
                case 3: lines.append(EventText.event("search_query", of: user, "\"query\":\"q\(number)\"", at: time, id: id))
                default:
                    lines.append(
                        EventText.event("title_rated", of: user, fields + ",\"rating\":\(Double(number % 10) / 2 + 0.5)", at: time, id: id))
                }
            }
            return (lines, Set(users))
        }

        /// Posts the events in batches of 50, in order, from one place to another; a batch that finds nobody is sent again.
        func feed(_ server: RunningServer, _ lines: ArraySlice<String>) async throws {
            var rest = lines
            while !rest.isEmpty {
                let posted = try await server.post(Array(rest.prefix(50)))
                guard posted.accepted == min(50, rest.count) else { throw NotServing(description: "not all accepted: \(posted)") }
                rest = rest.dropFirst(50)
            }
        }

        func profiles(_ server: RunningServer, _ users: Set<String>) async throws -> [String: Contract.Profile] {
            var profiles: [String: Contract.Profile] = [:]
            for user in users { profiles[user] = try await server.profile(user) }
            return profiles
        }

        /// Taste decays while time passes between two readings: weights are compared to a thousandth of theirs.
        func expectEqual(_ found: [String: Contract.Profile], _ expected: [String: Contract.Profile]) {
            #expect(found.keys == expected.keys)
            for (user, profile) in expected {
                guard var other = found[user] else { continue }
                for (window, weights) in profile.taste {
                    #expect(Set(weights.keys) == Set((other.taste[window] ?? [:]).keys), "\(user) \(window)")
                    for (genre, weight) in weights {
                        let difference = abs(weight - (other.taste[window]?[genre] ?? .nan))
                        #expect(difference <= abs(weight) * 0.001 + 0.001, "\(user) \(window) \(genre)")
                    }
                }
                other.taste = profile.taste
                #expect(other == profile)
            }
        }

        func expectExact(_ status: Contract.ServiceStatus, received: Int, applied: Int) {
            let jobs = status.jobs.filter { Contract.publicTopics.contains($0.topic) && $0.topic != "experiment_events" }
            for job in status.jobs { #expect(job.addsUp, "\(job)") }
            #expect(jobs.reduce(0) { $0 + $1.applied } == applied)
            #expect(jobs.reduce(0) { $0 + $1.received } == received)
            #expect(jobs.reduce(0) { $0 + $1.duplicate } == received - applied)
        }

        private func reference(_ lines: [String], _ users: Set<String>) async throws -> [String: Contract.Profile] {
            let server = try await RunningServer.start()
            try await feed(server, lines[...])
            expectExact(try await server.caughtUp(received: lines.count), received: lines.count, applied: lines.count)
            let profiles = try await profiles(server, users)
            try await server.end()
            return profiles
        }

        @Test func killedRedisLosesNothingAndCountsNothingTwice() async throws {
            let (lines, users) = try await lines(600)
            let server = try await RunningServer.start()
            try await feed(server, lines[..<300])
            _ = try await server.caughtUp(received: 300)
            let redis = try #require(server.redisProcess)
            kill(redis, SIGKILL)
            let during = try await server.get("/v1/users/viewer-1/home")
            #expect([200, 503].contains(during.status), "\(during.text)")
            if during.status == 200, server.redisProcess == nil || server.redisProcess == redis {
                #expect(try !during.decoded(Contract.Page.self).rows.isEmpty)
            }
            try await feed(server, lines[300...])
            let isBack = await comesTrue {
                server.redisProcess.map { $0 != redis } ?? false
            }
            #expect(isBack)
            expectExact(try await server.caughtUp(received: 600), received: 600, applied: 600)
            let found = try await profiles(server, users)
            #expect(try await server.end() == 0)
            expectEqual(found, try await reference(lines, users))
        }

        @Test func killedServerGoesOnWhereItWas() async throws {
            let (lines, users) = try await lines(600)
            let first = try await RunningServer.start()
            try await feed(first, lines[..<350])
            try await first.end(SIGKILL)
            let second = try await RunningServer.start(in: first.folder)
            // The device does not know how much was taken in: it sends the last part again.
            try await feed(second, lines[200...])
            let received = 350 + 400
            expectExact(try await second.caughtUp(received: received), received: received, applied: 600)
            let found = try await profiles(second, users)
            #expect(try await second.end() == 0)
            expectEqual(found, try await reference(lines, users))
        }

        @Test func stoppedServerHasEverythingAfterARestart() async throws {
            let (lines, users) = try await lines(300)
            let first = try await RunningServer.start()
            try await feed(first, lines[...])
            #expect(try await first.end() == 0)
            #expect(first.redisProcess == nil)
            let second = try await RunningServer.start(in: first.folder)
            expectExact(try await second.caughtUp(received: 300), received: 300, applied: 300)
            expectEqual(try await profiles(second, users), try await reference(lines, users))
            #expect(try await second.end() == 0)
        }

        @Test func serverWaitsForARedisThatIsNotThereYet() async throws {
            let port = freePort()
            let server = try await RunningServer.start(arguments: ["--redis", "redis://127.0.0.1:\(port)"], waitsUntilReady: false)
            let saysSo = try await comesTrue {
                let answer = try await server.get("/readyz")
                let reasons = try answer.decoded(Contract.Readiness.self).reasons
                return answer.status == 503 && reasons.contains { $0.hasPrefix("feature store") }
                    && reasons.contains { $0.hasPrefix("job ") }
            }
            #expect(saysSo)
            #expect(try await server.get("/healthz").status == 200)
            let cold = try await server.get("/v1/users/a/home")
            #expect(cold.status == 200)
            #expect(try !cold.decoded(Contract.Page.self).warnings.isEmpty)
            let profile = try await server.get("/v1/users/a/profile")
            #expect(profile.status == 503 && profile.headers["retry-after"] != nil)
            for path in ["/v1/trending", "/v1/titles/sintel/similar"] {
                let ranking = try await server.get(path)
                #expect(ranking.status == 503 && ranking.headers["retry-after"] != nil, "\(path): \(ranking.text)")
            }
            #expect(try await server.get("/v1/catalog").status == 200)
            let posted = try await server.post([EventText.search("early", of: "a")])
            #expect(posted.accepted == 1)
            let redis = try ChildProcess(
                "redis-server", ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir", server.folder.url.path])
            let isReady = try await comesTrue { try await server.get("/readyz").status == 200 }
            #expect(isReady)
            _ = try await server.caughtUp(received: 1)
            #expect(try await server.profile("a").searches.map(\.query) == ["early"])
            #expect(try await server.end() == 0)
            redis.signal(SIGKILL)
        }

        @Test func redisThatRefusesUsIsNoFaultOfTheRequest() async throws {
            let folder = try TemporaryFolder()
            let port = freePort()
            let redis = try ChildProcess(
                "redis-server",
                ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir", folder.url.path, "--requirepass", "right"])
            let server = try await RunningServer.start(
                arguments: ["--redis", "redis://:wrong@127.0.0.1:\(port)"], waitsUntilReady: false)
            for route in ["home", "explain", "recommendations", "profile"] {
                let isToldWhy = try await comesTrue {
                    let answer = try await server.get("/v1/users/a/\(route)")
                    return answer.status == 503 && answer.headers["retry-after"] != nil && answer.text.contains("password")
                }
                #expect(isToldWhy, "\(route)")
            }
            #expect(try await server.end() == 0)
            redis.signal(SIGKILL)
        }
    }
}
