import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What does not fit into memory is answered with 503 and may be sent again; nothing of it is taken, and nothing else waits for it.
    @Suite struct OverloadTests {
        /// Sends the file's text as a body but for its last bytes, those once `go` is there; prints the answer's status.
        private static let slowClient = """
            import os, socket, sys, time
            port, body, go = int(sys.argv[1]), open(sys.argv[2], "rb").read(), sys.argv[3]
            s = socket.create_connection(("127.0.0.1", port), timeout=60)
            head = ["POST /v1/events HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
            s.sendall("\\r\\n".join(head).encode() + body[:-100])
            while not os.path.exists(go):
                time.sleep(0.01)
            s.sendall(body[-100:])
            print(s.recv(4096).split()[1].decode())
            """

        private func events(_ user: String) -> String {
            "[" + (0..<10).map { EventText.search("query \($0)", of: user) }.joined(separator: ",") + "]"
        }

        private func bytesUnderWay(_ server: RunningServer) async throws -> Double {
            let line = try await server.get("/metrics").text.split(separator: "\n").first { $0.hasPrefix("recs_gateway_body_bytes ") }
            return line.flatMap { Double($0.split(separator: " ")[1]) } ?? 0
        }

        @Test func postsAreShedWhileOthersHoldTheMemoryAndTakenAfterwards() async throws {
            let slow = events("slow")
            // Room for one such body and a half.
            let server = try await RunningServer.start(configuration: "body_bytes_under_way_max: \(slow.utf8.count * 3 / 2)\n")
            let (body, go) = (server.folder.path("slow.json"), server.folder.path("go"))
            try slow.write(toFile: body, atomically: true, encoding: .utf8)
            let port = try #require(server.url.split(separator: ":").last.map(String.init))
            let client = try ChildProcess("python3", ["-c", Self.slowClient, port, body, go])
            let isHeld = try await comesTrue { try await bytesUnderWay(server) == Double(slow.utf8.count - 100) }
            #expect(isHeld)

            let before = try await server.answerCount(503)
            for user in ["shed-1", "shed-2"] {
                let shed = try await server.send("POST", "/v1/events", events(user))
                #expect(shed.status == 503 && shed.headers["retry-after"] == "1")
                #expect(shed.headers["content-type"] == "application/problem+json" && shed.text.contains("send them again"))
            }
            #expect(try await server.answerCount(503) == before + 2)
            #expect(try await server.get("/readyz").status == 200)
            let small = try await server.post([EventText.search("a small one", of: "small")])
            #expect(small.accepted == 1)

            try "".write(toFile: go, atomically: true, encoding: .utf8)
            let status = try await onOwnThread { client.wait() }
            #expect(status == 0 && client.standardOutput == "202\n", "\(client.standardOutput) \(client.standardError)")
            #expect(try await bytesUnderWay(server) == 0)
            for user in ["shed-1", "shed-2"] {
                let again = try await server.send("POST", "/v1/events", events(user))
                #expect(again.status == 202)
                let posted = try again.decoded(Contract.Posted.self)
                #expect(try await server.profile(user, after: posted).searches.count == 10)
            }
            let ended = try await server.caughtUp(received: 31)
            #expect(ended.jobs.reduce(0) { $0 + $1.applied } == 31 && ended.jobs.reduce(0) { $0 + $1.duplicate } == 0)
            #expect(try await server.end() == 0)
        }
    }
}
