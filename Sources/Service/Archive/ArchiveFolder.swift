package import EventLog
package import Events

/// The archive of a data folder, for people: what it holds, whether it is whole, its records, its compaction.
package struct ArchiveFolder: Sendable {
    /// What is archived of a partition.
    package struct Extent: Sendable, Encodable {
        package var topic: String
        package var partition: Int32
        package var files: Int
        package var firstOffset: Int64
        package var nextOffset: Int64
        package var records: Int
        package var bytes: Int
        /// Append times of the first and the last record, milliseconds since 1970.
        package var from: Int64
        package var to: Int64
    }

    private let archive: Archive
    private let logFolder: String?

    package init(_ configuration: Configuration) {
        archive = Archive(folder: configuration.archiveFolder)
        logFolder = configuration.log == "embedded" ? configuration.logFolder : nil
    }

    package func extents() throws -> [Extent] {
        var extents: [Extent] = []
        for topic in Topic.allCases {
            let files = try ArchiveReader(archive, topic: topic).listing()
            for (partition, files) in Dictionary(grouping: files, by: \.partition).sorted(by: { $0.key < $1.key }) {
                let filled = files.filter { $0.recordCount > 0 }
                extents.append(
                    Extent(
                        topic: topic.name, partition: partition, files: files.count, firstOffset: files[0].firstOffset,
                        nextOffset: files[files.count - 1].lastOffset + 1, records: files.reduce(0) { $0 + $1.recordCount },
                        bytes: files.reduce(0) { $0 + $1.byteCount }, from: filled.map(\.appendTimeMin).min() ?? 0,
                        to: filled.map(\.appendTimeMax).max() ?? 0))
            }
        }
        return extents
    }

    package func files(_ topic: Topic) throws -> [ArchivedFile] { try ArchiveReader(archive, topic: topic).listing() }

    package func check(_ topic: Topic) throws -> ArchiveCheck.Report { try ArchiveCheck(archive, topic: topic).run(beside: logFolder) }

    /// Hands over up to `count` records of a partition from `offset` on (the archive's first where nil) as lines of JSON.
    package func cat(_ topic: Topic, partition: Int32, from offset: Int64?, count: Int, _ body: (String) -> Void) throws {
        let reader = ArchiveReader(archive, topic: topic)
        defer { reader.close() }
        guard let range = try reader.ranges().first(where: { $0.partition == partition }) else {
            throw LogError(.mismatch, "nothing of \(topic.name) \(partition) is archived in \(archive.folder)")
        }
        guard (offset ?? range.start) >= range.start else {
            throw LogError(.mismatch, "the archive of \(topic.name) \(partition) begins at offset \(range.start)")
        }
        var next = offset ?? range.start
        var left = count
        var lines = RecordLines()
        var batch = RecordBatch()
        while left > 0 {
            batch.removeAll()
            guard let after = try reader.read(partition: partition, from: next, into: &batch, recordCountMax: min(left, 1000)) else {
                return
            }
            for record in batch.records { body(try lines.line(record, batch.bytes) { reader.schemas[$0] }) }
            left -= batch.records.count
            next = after
        }
    }

    /// Compacts the hours that are over; nil where nothing is archived, an error where a running service archives the topic.
    package func compact(
        _ topic: Topic, _ residues: ArchiveResidues, now: Int64 = wallClockMilliseconds()
    ) throws -> ArchiveCompaction.Outcome? {
        guard let generation = try ArchiveReader(archive, topic: topic).generation() else { return nil }
        let description = TopicDescription(topic: topic, partitions: 1, generation: generation)
        let registry = residues.registry
        let writer = try ArchiveWriter(
            archive, topic: description, columns: try ArchiveColumns(topic: topic, schemas: residues.schemas)
        ) { (id) throws(RegistryError) in try registry.schemaBlocking(id: id) }
        var compaction = ArchiveCompaction(writer) { (partition) throws(LogError) in
            try residues.maker(description, partition: partition)
        }
        return try compaction.run(now: now)
    }
}
