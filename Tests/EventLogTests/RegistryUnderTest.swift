import EventLog
import Foundation
import TestSupport
import Testing

/// The registries that must behave alike.
enum RegistryKind: String, CaseIterable, Sendable {
    case embedded, http
}

/// Runs `body` with an empty registry of that kind.
func withRegistry(_ kind: RegistryKind, _ body: (any SchemaRegistry) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    switch kind {
    case .embedded: try await body(try EmbeddedRegistry(path: folder.path("registry.sqlite")))
    case .http:
        let server = try RegistryServer(folder)
        defer { server.stop() }
        try await body(try HTTPRegistry(url: "http://user:secret@127.0.0.1:\(server.port)"))
    }
}

/// A process that answers as Confluent's API reference says. Compatibility is judged by fastavro: a schema goes if it reads the last version.
final class RegistryServer: Sendable {
    let port: Int
    private let process: ChildProcess

    init(_ folder: TemporaryFolder) throws {
        let file = folder.path("port")
        process = try ChildProcess(ChildProcess.python, ["-c", Self.program, file, "\(getpid())"])
        var found: Int?
        let isUp = eventually {
            found = (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
            return found != nil
        }
        guard isUp, let found else { throw SetupFailure(description: "the registry server did not start: \(process.standardError)") }
        port = found
    }

    func stop() {
        process.signal(SIGKILL)
        process.wait()
    }

    private static let program = #"""
        import base64, http.server, io, json, os, re, sys, threading, time, urllib.parse
        import fastavro

        schemas, subjects, levels = [], {}, {}
        secret = "Basic " + base64.b64encode(b"user:secret").decode()

        def reads(new, old):
            record = {f["name"]: "" for f in json.loads(old)["fields"]}
            data = io.BytesIO()
            fastavro.schemaless_writer(data, fastavro.parse_schema(json.loads(old)), record)
            data.seek(0)
            try:
                fastavro.schemaless_reader(data, fastavro.parse_schema(json.loads(old)), fastavro.parse_schema(json.loads(new)))
                return True
            except Exception:
                return False

        def known(text):
            value = json.loads(text)
            return next((i for i, s in enumerate(schemas) if json.loads(s) == value), None)

        def entry(subject, place):
            index = subjects[subject][place]
            return {"subject": subject, "version": place + 1, "id": index + 1, "schema": schemas[index]}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_): pass

            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle_any(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
                if self.headers.get("Authorization") != secret:
                    return self.answer(401, {"error_code": 40101, "message": "unauthorized"})
                path = [urllib.parse.unquote(p) for p in self.path.split("?")[0].strip("/").split("/")]
                if path[:2] == ["schemas", "ids"]:
                    index = int(path[2]) - 1
                    if index >= len(schemas):
                        return self.answer(404, {"error_code": 40403, "message": "Schema not found"})
                    return self.answer(200, {"schema": schemas[index]})
                if path[0] == "config":
                    if self.command == "PUT":
                        levels[path[1]] = body["compatibility"]
                        return self.answer(200, body)
                    return self.answer(200, {"compatibilityLevel": levels.get(path[1], "BACKWARD")})
                if path == ["subjects"]:
                    return self.answer(200, sorted(subjects))
                subject = path[1]
                if self.command == "POST":
                    try:
                        fastavro.parse_schema(json.loads(body["schema"]))
                    except Exception as error:
                        return self.answer(422, {"error_code": 42201, "message": str(error)})
                    index = known(body["schema"])
                    places = subjects.get(subject, [])
                    if len(path) == 2:
                        if index not in places:
                            return self.answer(404, {"error_code": 40403, "message": "Schema not found"})
                        return self.answer(200, entry(subject, places.index(index)))
                    if index not in places:
                        strict = levels.get(subject, "BACKWARD") != "NONE"
                        if places and strict and not reads(body["schema"], schemas[places[-1]]):
                            return self.answer(409, {"error_code": 409, "message": "incompatible"})
                        if index is None:
                            schemas.append(body["schema"])
                            index = len(schemas) - 1
                        subjects.setdefault(subject, []).append(index)
                    return self.answer(200, {"id": index + 1})
                if subject not in subjects:
                    return self.answer(404, {"error_code": 40401, "message": "Subject not found"})
                if len(path) == 3:
                    return self.answer(200, [i + 1 for i in range(len(subjects[subject]))])
                count = len(subjects[subject])
                place = count if path[3] == "latest" else int(path[3])
                if not 1 <= place <= count:
                    return self.answer(404, {"error_code": 40402, "message": "Version not found"})
                self.answer(200, entry(subject, place - 1))

            do_GET = do_POST = do_PUT = handle_any

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        with open(sys.argv[1] + ".new", "w") as file:
            file.write(str(server.server_address[1]))
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        while os.getppid() == int(sys.argv[2]):
            time.sleep(0.1)
        """#
}
