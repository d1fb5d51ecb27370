import Events
import Foundation
import TestSupport
import Testing

@testable import EventLog

/// fastavro and DuckDB, two independent implementations of Avro, read what is archived.
@Suite struct ArchivePythonTests {
    private struct Row: Decodable {
        var partition: Int32
        var offset: Int64
        var time: Int64
        var key: String
        var value: String
    }

    @Test func fastavroAndDuckDBReadTheSameRecords() async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<400)
        fixture.appendForeign()
        fixture.clock.now += ArchiveFixture.hour
        fixture.append(400..<600)
        fixture.erase(user: "user-3")
        let writer = try fixture.writer()
        try fixture.archiveAll(writer, recordCountMax: 50)
        var compaction = fixture.compaction(writer)
        _ = try compaction.run(now: fixture.clock.now + ArchiveFixture.hour)
        let folder = fixture.archive.path(of: .play)
        let child = try await onOwnThread { try ChildProcess.run(ChildProcess.python, ["-c", ArchivePythonTests.script, folder]) }
        #expect(child.status == 0, "\(child.errors.suffix(2000))")
        let rows = try JSONDecoder().decode([Row].self, from: Data(child.output.utf8))
        var found: [Int32: [ArchivedRecord]] = [:]
        for row in rows {
            let record = ArchivedRecord(offset: row.offset, timestamp: row.time, key: bytes(row.key), value: bytes(row.value))
            found[row.partition, default: []].append(record)
        }
        let onLog = try await fixture.recordsOnLog()
        #expect(found == fixture.compacted(onLog) && rows.count == 605)
        await fixture.log.close()
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap { $0.hexDigitValue }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Reads all files with fastavro, holds every column against the value decoded anew by its writer's schema, asks DuckDB for the same, and
    /// prints the records.
    private static let script = """
        import collections, glob, importlib.util, io, json, pathlib, sys
        import duckdb, fastavro
        folder = sys.argv[1]
        ENVELOPE = ["log_partition", "log_offset", "log_append_time", "log_key", "log_schema_id", "log_value"]
        rows, decoded = [], 0
        for path in sorted(glob.glob(folder + "/*/*/*.avro")):
            with open(path, "rb") as file:
                reader = fastavro.reader(file)
                schemas = {key: fastavro.parse_schema(json.loads(text)) for key, text in reader.metadata.items() if key.startswith("recs.schema.")}
                for row in reader:
                    rows.append(row)
                    columns = {name: value for name, value in row.items() if name not in ENVELOPE}
                    schema = schemas.get("recs.schema.%s" % row["log_schema_id"])
                    expected = {}
                    if schema and b"cut off" not in row["log_value"]:
                        decoded += 1
                        expected = fastavro.schemaless_reader(io.BytesIO(row["log_value"][5:]), schema)
                        assert expected.keys() <= columns.keys(), expected
                    assert columns == {name: expected.get(name) for name in columns}, (columns, expected)
        assert decoded == len(rows) - 4, (decoded, len(rows))
        package = pathlib.Path(importlib.util.find_spec("duckdb_extension_avro").origin).parent
        connection = duckdb.connect()
        connection.execute("LOAD '%s'" % next(package.glob("extensions/*/avro.duckdb_extension")))
        files = folder + "/*/*/*.avro"
        result = connection.execute("SELECT * FROM read_avro('%s')" % files)
        names = [column[0] for column in result.description]
        key = lambda row: (row["log_partition"], row["log_offset"])
        naive = lambda value: value.replace(tzinfo=None) if hasattr(value, "tzinfo") else str(value) if type(value).__name__ == "UUID" else value
        ours = [{name: naive(value) for name, value in row.items()} for row in sorted(rows, key=key)]
        theirs = [{name: naive(value) for name, value in zip(names, row)} for row in result.fetchall()]
        theirs.sort(key=key)
        assert ours == theirs, next((a, b) for a, b in zip(ours, theirs) if a != b)
        counts = connection.execute("SELECT event_type, count(*) FROM read_avro('%s') GROUP BY 1" % files).fetchall()
        assert dict(counts) == collections.Counter(row["event_type"] for row in rows)
        millis = lambda time: round(time.timestamp() * 1000)
        json.dump([{"partition": row["log_partition"], "offset": row["log_offset"], "time": millis(row["log_append_time"]),
                    "key": row["log_key"].hex(), "value": row["log_value"].hex()} for row in sorted(rows, key=key)], sys.stdout)
        """
}
