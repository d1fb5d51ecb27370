import Avro
import Events
import Foundation
import TestSupport
import Testing

/// fastavro, an implementation of Avro that is not ours, run once over all the values of a test.
enum FastAvro {
    /// Lines of `[schema, value in base64, the JSON it came from or null]`; prints what does not agree, then `checked N`.
    private static let script = #"""
        import base64, datetime, io, json, sys, uuid
        import fastavro
        cases = json.load(sys.stdin)
        schemas = {name: fastavro.parse_schema(json.loads(text)) for name, text in cases["schemas"].items()}
        fields = {name: json.loads(text)["fields"] for name, text in cases["schemas"].items()}
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

        def plain(value):
            if isinstance(value, uuid.UUID): return str(value)
            if isinstance(value, datetime.datetime): return (value - epoch) // datetime.timedelta(milliseconds=1)
            return value

        for name, value, source in cases["values"]:
            try:
                data = base64.b64decode(value)
                assert data[0] == 0, "no magic byte"
                reader = io.BytesIO(data[5:])
                record = {k: plain(v) for k, v in fastavro.schemaless_reader(reader, schemas[name]).items()}
                assert reader.read() == b"", "bytes left over"
                if source is not None:
                    given = json.loads(source)
                    expected = {f["name"]: given.get(f["name"], f.get("default")) for f in fields[name]}
                    assert record == expected, f"{record} is not {expected}"
            except Exception as error:
                print(name, value, repr(error))
        print("checked", len(cases["values"]))
        """#

    /// Checks that fastavro reads each value by the schema of its type, to the values of the JSON where that is given.
    static func check(_ values: [(type: EventType, value: [UInt8], json: String?)], schemas: EventSchemas) throws {
        let rows: [[Any]] = values.map { [$0.type.rawValue, Data($0.value).base64EncodedString(), $0.json ?? NSNull()] }
        let texts = Dictionary(uniqueKeysWithValues: EventType.allCases.map { ($0.rawValue, schemas[$0].json) })
        let input = try JSONSerialization.data(withJSONObject: ["schemas": texts, "values": rows])
        let run = try ChildProcess.run(ChildProcess.python, ["-c", script], input: input)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "checked \(values.count)\n")
    }
}
