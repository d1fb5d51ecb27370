import Service
import TestSupport
import Testing

/// The client against a small server of another make (Python's http.server), whose answers each test scripts.
@Suite struct RecsClientTests {
    /// Answers the n-th request by the n-th of `answers` (status, headers, body), the last one for all that follow; echoes what it got
    /// to its standard output.
    private static let server = """
        import http.server, json, sys
        answers = json.loads(sys.argv[2]); count = 0
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def answer(self):
                global count
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, text = answers[min(count, len(answers) - 1)]; count += 1
                print(json.dumps([self.command, self.path, self.headers.get("Authorization"), self.headers.get("Last-Event-ID"), len(body)]), flush=True)
                self.send_response(status)
                for name, value in headers.items(): self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode()))); self.end_headers(); self.wfile.write(text.encode())
            do_GET = do_POST = do_PUT = do_DELETE = answer
            def log_message(self, *arguments): pass
        http.server.ThreadingHTTPServer.daemon_threads = True
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
        print("ready", flush=True); server.serve_forever()
        """

    private func serve(_ answers: String) throws -> (child: ChildProcess, url: String) {
        let port = freePort()
        let child = try ChildProcess(ChildProcess.python, ["-c", RecsClientTests.server, String(port), answers])
        let isReady = eventually { child.standardOutput.contains("ready") }
        try #require(isReady, "\(child.standardError)")
        return (child, "http://127.0.0.1:\(port)")
    }

    @Test func nothingAtTheAddressSaysWhatToDo() async throws {
        let url = "http://127.0.0.1:\(freePort())"
        let error = await #expect(throws: ClientError.self) { try await RecsClient.with(url) { try await $0.get("/healthz") } }
        #expect(error?.kind == .unreachable)
        #expect(error?.description.contains("is `recs serve` running?") == true)
    }

    @Test func wrongAddressIsRefusedAtOnce() async {
        let error = await #expect(throws: ClientError.self) { try await RecsClient.with("localhost") { try await $0.get("/") } }
        #expect(error?.kind == .invalid)
    }

    @Test func requestsCarryKeyPathAndQuery() async throws {
        let (child, url) = try serve(#"[[200, {}, "{}"]]"#)
        let path = "/v1/users/\(RecsClient.encoded("ä/b"))/home"
        let answer = try await RecsClient.with(url + "/", apiKey: "secret") { try await $0.get(path, query: [("region", "US CA")]) }
        #expect(answer.status == 200 && answer.text == "{}")
        let seen = child.standardOutput
        #expect(seen.contains(#"["GET", "/v1/users/%C3%A4%2Fb/home?region=US%20CA", "Bearer secret", null, 0]"#))
    }

    @Test func eventStreamResumesAndEndsWithTheConnection() async throws {
        let (child, url) = try serve(#"[[200, {"Content-Type": "text/event-stream"}, "id: 8\nevent: signal\ndata: {}\n\n"]]"#)
        let events = try await RecsClient.with(url) { client in
            var events: [ServerSentEvent] = []
            for try await batch in try await client.events("/v1/sessions/s/signals", lastEventID: "7") { events += batch }
            return events
        }
        #expect(events == [ServerSentEvent(id: "8", event: "signal", data: "{}")])
        #expect(child.standardOutput.contains(#""7""#))
    }

    @Test func posterSendsARefusedBatchAgainAndCountsOnce() async throws {
        let taken =
            #"{\"accepted\":2,\"refused\":1,\"failed\":0,\"events\":[{\"status\":\"refused\",\"errors\":[{\"path\":\"a.b\",\"message\":\"is missing\"}]}]}"#
        let (child, url) = try serve("[[503, {\"Retry-After\": \"1\"}, \"{}\"], [202, {}, \"\(taken)\"]]")
        let counts = try await RecsClient.with(url) { client in
            var batches = 3
            return try await EventPoster(client: client, inFlightMax: 1).post { _, bytes in
                if batches == 0 { return 0 }
                batches -= 1
                bytes += Array("{}\n{}\n{}\n".utf8)
                return 3
            }
        }
        #expect(counts.accepted == 6 && counts.refused == 3 && counts.retries == 1)
        #expect(counts.firstRefusal == "a.b: is missing")
        #expect(child.standardOutput.split(separator: "\n").count == 1 + 4)
    }

    @Test func posterStopsAtAnErrorThatRetriesCannotCure() async throws {
        let (child, url) = try serve(#"[[401, {}, "{\"title\":\"Unauthorized\",\"detail\":\"no key\"}"]]"#)
        let error = await #expect(throws: ClientError.self) {
            try await RecsClient.with(url) { client in
                try await EventPoster(client: client).post { _, bytes in
                    bytes += Array("{}\n".utf8)
                    return 1
                }
            }
        }
        #expect(child.isRunning)
        #expect(error?.kind == .status(401))
        #expect(error?.description.contains("no key; give an API key") == true)
    }
}
