package import Avro

/// Schemas by id, and by subject and version, as Confluent's schema registry keeps them.
///
/// A subject is `<topic>-<record name>` (TopicRecordNameStrategy); a schema's id is the one in the Confluent wire format, the same wherever the
/// same schema is registered.
package protocol SchemaRegistry: Sendable {
    /// Adds a version to the subject (none if the schema is its already) and answers the schema's id.
    func register(subject: String, schema json: String) async throws(RegistryError) -> Int32
    /// The text of a schema; nil if there is none of that id.
    func schema(id: Int32) async throws(RegistryError) -> String?
    /// The same for callers on a thread of their own (jobs).
    func schemaBlocking(id: Int32) throws(RegistryError) -> String?
    /// A subject's version numbers, ascending; empty for an unknown subject.
    func versions(subject: String) async throws(RegistryError) -> [Int32]
    func version(subject: String, _ version: Int32) async throws(RegistryError) -> RegisteredSchema?
    func latest(subject: String) async throws(RegistryError) -> RegisteredSchema?
    func subjects() async throws(RegistryError) -> [String]
    /// The subject's version that is this schema; nil if it has none.
    func lookup(subject: String, schema json: String) async throws(RegistryError) -> RegisteredSchema?
    /// What a new version of the subject is checked for; BACKWARD unless set otherwise.
    func level(subject: String) async throws(RegistryError) -> Compatibility.Level
    func setLevel(_ level: Compatibility.Level, subject: String) async throws(RegistryError)
}

/// One version of a subject.
package struct RegisteredSchema: Sendable, Hashable {
    package var subject: String
    /// From 1.
    package var version: Int32
    package var id: Int32
    package var json: String

    package init(subject: String, version: Int32, id: Int32, json: String) {
        self.subject = subject
        self.version = version
        self.id = id
        self.json = json
    }
}

/// What a registry refuses or cannot do.
package struct RegistryError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The text is no Avro schema.
        case invalid
        /// The schema does not go with the subject's versions.
        case incompatible
        /// The registry does not answer; try again later.
        case unavailable
        /// The registry refused for another reason, such as missing rights.
        case refused
    }
    package var kind: Kind
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
