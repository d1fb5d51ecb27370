package import Avro
internal import Foundation
internal import GRDB
internal import NIOConcurrencyHelpers

/// The schema registry in a SQLite file, for when no other is named; several processes may share the file.
package final class EmbeddedRegistry: SchemaRegistry {
    private let database: DatabaseQueue
    private let blocking = BlockingQueue(label: "schema-registry")
    /// A schema never changes once it has an id.
    private let known = NIOLockedValueBox<[Int32: String]>([:])

    /// Opens the file, making it if it is missing.
    package init(path: String) throws(RegistryError) {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            try database.inTransaction(.immediate) { database in
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS schemas (id INTEGER PRIMARY KEY AUTOINCREMENT, identity TEXT NOT NULL UNIQUE, json TEXT NOT NULL);
                        CREATE TABLE IF NOT EXISTS versions (subject TEXT NOT NULL, version INTEGER NOT NULL,
                            id INTEGER NOT NULL REFERENCES schemas(id), PRIMARY KEY (subject, version), UNIQUE (subject, id));
                        CREATE TABLE IF NOT EXISTS levels (subject TEXT PRIMARY KEY, level TEXT NOT NULL);
                        """)
                return .commit
            }
        } catch {
            throw RegistryError(.unavailable, "cannot open the schema registry \(path): \(error)")
        }
    }

    package func register(subject: String, schema json: String) async throws(RegistryError) -> Int32 {
        let schema = try EmbeddedRegistry.parse(json)
        let identity = try EmbeddedRegistry.identity(json)
        return try await run { database in
            var id: Int32 = 0
            try database.inTransaction(.immediate) {
                id = try EmbeddedRegistry.add(schema, identity, subject, database)
                return .commit
            }
            return id
        }
    }

    package func schema(id: Int32) async throws(RegistryError) -> String? {
        if let json = known.withLockedValue({ $0[id] }) { return json }
        return remember(id, try await run { try EmbeddedRegistry.json(id, $0) })
    }

    package func schemaBlocking(id: Int32) throws(RegistryError) -> String? {
        if let json = known.withLockedValue({ $0[id] }) { return json }
        return remember(id, try runHere { try EmbeddedRegistry.json(id, $0) })
    }

    package func versions(subject: String) async throws(RegistryError) -> [Int32] {
        try await run {
            try Int32.fetchAll($0, sql: "SELECT version FROM versions WHERE subject = ? ORDER BY version", arguments: [subject])
        }
    }

    package func version(subject: String, _ version: Int32) async throws(RegistryError) -> RegisteredSchema? {
        try await run { try EmbeddedRegistry.find($0, subject, "version = ?", [version]) }
    }

    package func latest(subject: String) async throws(RegistryError) -> RegisteredSchema? {
        try await run { try EmbeddedRegistry.find($0, subject, "1 ORDER BY version DESC LIMIT 1", []) }
    }

    package func subjects() async throws(RegistryError) -> [String] {
        try await run { try String.fetchAll($0, sql: "SELECT DISTINCT subject FROM versions ORDER BY subject") }
    }

    package func lookup(subject: String, schema json: String) async throws(RegistryError) -> RegisteredSchema? {
        let identity = try EmbeddedRegistry.identity(json)
        return try await run { try EmbeddedRegistry.find($0, subject, "identity = ?", [identity]) }
    }

    package func level(subject: String) async throws(RegistryError) -> Compatibility.Level {
        try await run { try EmbeddedRegistry.level($0, subject) }
    }

    package func setLevel(_ level: Compatibility.Level, subject: String) async throws(RegistryError) {
        try await run { try $0.execute(sql: "INSERT OR REPLACE INTO levels VALUES (?, ?)", arguments: [subject, level.rawValue]) }
    }

    /// What stands against registering the schema under the subject, in words; empty if nothing does.
    package func problems(subject: String, schema json: String) async throws(RegistryError) -> [String] {
        let schema = try EmbeddedRegistry.parse(json)
        return try await run { try EmbeddedRegistry.problems(schema, subject, $0).map(\.description) }
    }

    private func remember(_ id: Int32, _ json: String?) -> String? {
        if let json { known.withLockedValue { $0[id] = json } }
        return json
    }

    private func run<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(RegistryError) -> Value {
        let result: Result<Value, RegistryError> = await withCheckedContinuation { continuation in
            blocking.start { [self] in continuation.resume(returning: Result { () throws(RegistryError) in try runHere(body) }) }
        }
        return try result.get()
    }

    private func runHere<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
        do {
            return try database.inDatabase(body)
        } catch let error as RegistryError {
            throw error
        } catch {
            throw RegistryError(.unavailable, "the schema registry's file: \(error)")
        }
    }
}

/// The statements.
extension EmbeddedRegistry {
    private static func add(_ schema: ParsedSchema, _ identity: String, _ subject: String, _ database: Database) throws -> Int32 {
        if let known = try find(database, subject, "identity = ?", [identity]) { return known.id }
        let problems = try problems(schema, subject, database)
        guard problems.isEmpty else {
            let list = problems.map(\.description).joined(separator: "; ")
            throw RegistryError(.incompatible, "the schema does not go with the earlier versions of \(subject): \(list)")
        }
        try database.execute(sql: "INSERT OR IGNORE INTO schemas (identity, json) VALUES (?, ?)", arguments: [identity, schema.json])
        let id = try Int32.fetchOne(database, sql: "SELECT id FROM schemas WHERE identity = ?", arguments: [identity])
        guard let id else { throw RegistryError(.unavailable, "the schema of \(subject) was stored but is not there") }
        try database.execute(
            sql: "INSERT INTO versions SELECT ?1, coalesce(max(version), 0) + 1, ?2 FROM versions WHERE subject = ?1",
            arguments: [subject, id])
        return id
    }

    private static func problems(_ schema: ParsedSchema, _ subject: String, _ database: Database) throws -> [Incompatibility] {
        let texts = try String.fetchAll(
            database, sql: "SELECT json FROM versions JOIN schemas USING (id) WHERE subject = ? ORDER BY version", arguments: [subject])
        let versions = try texts.map { try parse($0) }
        return Compatibility.problems(adding: schema, to: versions, level: try level(database, subject))
    }

    private static func level(_ database: Database, _ subject: String) throws -> Compatibility.Level {
        let text = try String.fetchOne(database, sql: "SELECT level FROM levels WHERE subject = ?", arguments: [subject])
        return text.flatMap(Compatibility.Level.init(rawValue:)) ?? .backward
    }

    private static func json(_ id: Int32, _ database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT json FROM schemas WHERE id = ?", arguments: [id])
    }

    private static func find(
        _ database: Database, _ subject: String, _ condition: String, _ arguments: StatementArguments
    ) throws -> RegisteredSchema? {
        let row = try Row.fetchOne(
            database, sql: "SELECT version, id, json FROM versions JOIN schemas USING (id) WHERE subject = ? AND \(condition)",
            arguments: [subject] + arguments)
        return row.map { RegisteredSchema(subject: subject, version: $0["version"], id: $0["id"], json: $0["json"]) }
    }

    private static func parse(_ json: String) throws(RegistryError) -> ParsedSchema {
        do {
            return try ParsedSchema(json: json)
        } catch {
            throw RegistryError(.invalid, "no Avro schema: \(error)")
        }
    }

    /// The schema's text without what does not matter (white space, order of members): texts that agree in it are one schema.
    private static func identity(_ json: String) throws(RegistryError) -> String {
        do {
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
            let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed]
            return String(decoding: try JSONSerialization.data(withJSONObject: object, options: options), as: UTF8.self)
        } catch {
            throw RegistryError(.invalid, "no JSON: \(error.localizedDescription)")
        }
    }
}
