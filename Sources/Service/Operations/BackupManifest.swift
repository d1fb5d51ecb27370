import Foundation

/// What a backup holds: its `backup.json`.
package struct BackupManifest: Codable, Sendable {
    /// A partition of a topic of the log.
    package struct Partition: Codable, Sendable {
        package var partition: Int32
        /// The log's offsets are `start..<end`.
        package var start: Int64
        package var end: Int64
        /// Every record before this offset is in the features; nil where there are none.
        package var featuresNext: Int64?
    }

    /// A topic of the log.
    package struct Topic: Codable, Sendable {
        package var topic: String
        package var generation: UInt64
        package var partitions: [Partition]
    }

    /// A file, by its path within the backup.
    package struct File: Codable, Sendable {
        package var path: String
        package var bytes: Int64
        package var sha256: String
    }

    static let format = 1
    static let fileName = "backup.json"
    /// In the format of `sha256sum`.
    static let checksumName = "backup.json.sha256"
    static let snapshotName = "features.rdb"

    package var format = BackupManifest.format
    package var program: String
    /// The version of the Redis that wrote the features; nil where there are none.
    package var redis: String?
    /// When it was begun, milliseconds since 1970.
    package var at: Int64
    package var namespace: String
    package var bucketsPerPartition: Int
    /// The features' positions of a backup are what they had reached at least; after a restore they are exact.
    package var topics: [Topic] = []
    package var files: [File] = []

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    init(data: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(BackupManifest.self, from: data)
    }

    init(program: String, at: Int64, namespace: String, bucketsPerPartition: Int) {
        self.program = program
        self.at = at
        self.namespace = namespace
        self.bucketsPerPartition = bucketsPerPartition
    }
}

/// A backup cannot be made or restored: what was found, and what to do.
package struct BackupError: Error, Sendable, CustomStringConvertible {
    package var description: String
    init(_ description: String) { self.description = description }
}
