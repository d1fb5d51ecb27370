internal import Foundation
internal import GRDB

extension ArchivedFile {
    /// The files that `place`, the end of a SELECT, asks for.
    static func fetch(_ database: Database, _ place: String, _ arguments: StatementArguments = []) throws -> [ArchivedFile] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT path, partition, first_offset, last_offset, record_count, event_time_min, event_time_max, append_time_min,
                    append_time_max, byte_count, payload_byte_count, sha256, revision FROM files \(place)
                """)
        return try Row.fetchAll(statement, arguments: arguments).map {
            ArchivedFile(
                path: $0[0], partition: $0[1], firstOffset: $0[2], lastOffset: $0[3], recordCount: $0[4], eventTimeMin: $0[5],
                eventTimeMax: $0[6], appendTimeMin: $0[7], appendTimeMax: $0[8], byteCount: $0[9], payloadByteCount: $0[10],
                sha256: $0[11], revision: $0[12])
        }
    }

    func insert(_ database: Database) throws {
        let statement = try database.cachedStatement(sql: "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            path, partition, firstOffset, lastOffset, recordCount, eventTimeMin, eventTimeMax, appendTimeMin, appendTimeMax, byteCount,
            payloadByteCount, sha256, revision,
        ])
    }
}

extension ArchiveAbsence {
    func insert(_ database: Database) throws {
        let statement = try database.cachedStatement(sql: "INSERT INTO absences VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: [partition, firstOffset, lastOffset, reason.rawValue])
    }
}

extension DatabaseValue {
    /// A blob.
    init(bytes: [UInt8]) { self = Data(bytes).databaseValue }
}
