package import Avro
import EventLog
package import Events
package import Foundation

/// Copies records of the log into an Avro object container file that other engines read, one file a record type.
package struct LogExport: Sendable {
    /// What was written: path and records.
    package struct File: Sendable, Encodable {
        package var path: String
        package var recordCount: Int
    }

    private let reader: LogReader

    package init(reader: LogReader) { self.reader = reader }

    /// Exports what the topic holds now into `folder`, as `<schema name>-<schema id>.avro`; each file is read back and counted.
    package func export(_ topic: Topic, into folder: URL, codec: ContainerCodec) throws -> [File] {
        try FileManager.default.makeNamedFolder(folder.path)
        var writers: [Int32: (writer: ContainerWriter, url: URL, count: Int)] = [:]
        try reader.eachRecord(of: topic) { value, id, schema in
            if writers[id] == nil {
                let sync = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
                guard case .record(let record) = schema.root else { return }
                let name = record.name.split(separator: ".").last.map(String.init) ?? record.name
                writers[id] = (
                    try ContainerWriter(schema: schema, codec: codec, sync: sync), folder.appendingPathComponent("\(name)-\(id).avro"), 0
                )
            }
            try writers[id]?.writer.append(encoded: UnsafeRawBufferPointer(rebasing: value[5...]))
            writers[id]?.count += 1
        }
        return try writers.values.map { entry in
            var writer = entry.writer
            try writer.finishBlock()
            let bytes = writer.takeOutput()
            try Data(bytes).write(to: entry.url, options: .atomic)
            guard try count(bytes) == entry.count else {
                throw LogError(.invalid, "\(entry.url.path) does not hold the \(entry.count) records written; remove it and export again")
            }
            return File(path: entry.url.path, recordCount: entry.count)
        }.sorted { $0.path < $1.path }
    }

    private func count(_ bytes: [UInt8]) throws(AvroError) -> Int {
        var reader = ContainerReader()
        reader.append(bytes)
        var count = 0
        while let block = try reader.nextBlock() { count += block.recordCount }
        try reader.finish()
        return count
    }
}
