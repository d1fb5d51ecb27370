internal import Events

/// Merges the small files of a partition and hour, and puts in the place of what erased users did before their `user_erased` what is left of it;
/// also of what jobs forwarded of that after it.
///
/// Runs on the thread of the writer, whose lock it relies on. A new file is on disk before one transaction of the manifest puts it in the
/// place of the old ones, which are unlinked afterwards.
package struct ArchiveCompaction {
    /// What was done.
    package struct Outcome: Sendable, Hashable, Codable {
        package var filesBefore = 0
        package var filesAfter = 0
        package var erasedCount = 0
    }

    /// Files are merged up to so many bytes of keys and values, which are held in memory; a larger file stands alone.
    private static let payloadByteCountMax = 64 << 20
    /// So many erasures of a partition are carried out in one go, fewer where so many bytes are left of their viewers' records (some 200 each),
    /// which are held in memory until they are written. A viewer's alone are held whatever they are.
    private static let erasureCountMax = 500
    private static let leftByteCountMax = 64 << 20
    /// Jobs that lag forward what they read before an erasure after it, and a retry of that may come for another day: so long its topic waits.
    private static let forwardsMilliseconds: Int64 = 2 * 86_400_000
    private static let recordsPerRead = 10_000
    private static let bytesPerRead = 32 << 20

    private let writer: ArchiveWriter
    private let makeResidues: ResidueMaker.Source
    private let isForwarded: Bool
    private var outcome = Outcome()

    package init(_ writer: ArchiveWriter, residues: @escaping ResidueMaker.Source) {
        self.writer = writer
        makeResidues = residues
        isForwarded = writer.topic == .attribution
    }

    /// Compacts the hours that are over at `now`.
    package mutating func run(now: Int64) throws(LogError) -> Outcome {
        for (partition, erasures) in try dueErasures(now).sorted(by: { $0.key < $1.key }) {
            for start in stride(from: 0, to: erasures.count, by: ArchiveCompaction.erasureCountMax) {
                let end = min(start + ArchiveCompaction.erasureCountMax, erasures.count)
                try carryOut(erasures[start..<end], in: partition, now)
            }
        }
        for group in groups(try closedFiles(now)) where group.count > 1 { try replace(group, with: RecordBatch()) }
        return outcome
    }

    private func closedFiles(_ now: Int64) throws(LogError) -> [ArchivedFile] {
        try writer.manifest.files().filter { Archive.hour(of: $0.appendTimeMax) < Archive.hour(of: now) }
    }

    /// By partition. An erasure is carried out once the hours of all files up to its own are over, and where jobs forward, for long enough.
    private func dueErasures(_ now: Int64) throws(LogError) -> [Int32: [ArchiveErasure]] {
        let hour = Archive.hour(of: isForwarded ? now - ArchiveCompaction.forwardsMilliseconds : now)
        let open = try writer.manifest.files().filter { Archive.hour(of: $0.appendTimeMax) >= hour }
        let due = try writer.manifest.erasures().filter { erasure in
            !open.contains { $0.partition == erasure.partition && $0.firstOffset <= erasure.offset }
        }
        return Dictionary(grouping: due, by: \.partition)
    }

    /// What is left is found out from the partition's beginning on and written from its end back. So wherever a crash strikes, the records
    /// before those that were replaced are the users' own, and the next run finds out the same of them.
    private mutating func carryOut(_ erasures: ArraySlice<ArchiveErasure>, in partition: Int32, _ now: Int64) throws(LogError) {
        guard let maker = try makeResidues(partition) else { return }
        let users = erasures.reduce(into: [[UInt8]: Int64]()) { users, erasure in
            users[erasure.user] = max(users[erasure.user] ?? .min, erasure.offset)
        }
        let last = users.values.max() ?? -1
        let files = try closedFiles(now).filter { $0.partition == partition }
        for file in files where isForwarded || file.firstOffset <= last {
            try show(file, users, to: maker)
            guard maker.byteCount() <= ArchiveCompaction.leftByteCountMax || erasures.count == 1 else {
                let middle = erasures.startIndex + erasures.count / 2
                try carryOut(erasures[..<middle], in: partition, now)
                return try carryOut(erasures[middle...], in: partition, now)
            }
        }
        let left = try maker.finish()
        for group in groups(files).reversed() { try replace(group, with: left) }
        try writer.manifest.remove(Array(erasures))
    }

    private func show(_ file: ArchivedFile, _ users: [[UInt8]: Int64], to maker: ResidueMaker) throws(LogError) {
        var reader = try reader(file)
        var batch = RecordBatch()
        var hasMore = true
        while hasMore {
            batch.removeAll()
            hasMore = try reader.read(
                from: file.firstOffset, into: &batch, recordCountMax: ArchiveCompaction.recordsPerRead,
                byteCountMax: ArchiveCompaction.bytesPerRead)
            for record in batch.records {
                let end = record.key.isEmpty ? .max : users[[UInt8](batch.bytes[record.key.range])] ?? -1
                let isConcerned = record.offset <= end || isForwarded && end >= 0
                if isConcerned { try maker.take(record, batch.bytes) }
            }
        }
    }

    /// Files that follow each other and may become one; larger files stand alone.
    private func groups(_ files: [ArchivedFile]) -> [[ArchivedFile]] {
        var groups: [[ArchivedFile]] = []
        var byteCount = 0
        for file in files {
            if let last = groups.last?.last, last.partition == file.partition, last.lastOffset + 1 == file.firstOffset,
                Archive.hour(of: last.appendTimeMin) == Archive.hour(of: file.appendTimeMin),
                byteCount + file.payloadByteCount <= ArchiveCompaction.payloadByteCountMax
            {
                groups[groups.count - 1].append(file)
                byteCount += file.payloadByteCount
            } else {
                groups.append([file])
                byteCount = file.payloadByteCount
            }
        }
        return groups
    }

    private func reader(_ file: ArchivedFile) throws(LogError) -> ArchiveFileReader {
        guard let reader = try ArchiveFileReader(file, root: writer.archive.path(of: writer.topic)) else {
            throw LogError(.invalid, "\(writer.archive.path(of: writer.topic))/\(file.path) is missing; restore it from a backup")
        }
        return reader
    }

    /// All records of the files.
    private func read(_ group: [ArchivedFile]) throws(LogError) -> (RecordBatch, [Int32: String]) {
        var batch = RecordBatch()
        var schemas: [Int32: String] = [:]
        for file in group {
            var reader = try reader(file)
            schemas.merge(reader.schemas) { old, _ in old }
            while try reader.read(from: file.firstOffset, into: &batch, recordCountMax: .max / 2, byteCountMax: .max) {}
        }
        return (batch, schemas)
    }

    /// Makes one file of the group, with the records of `left` that belong into it; leaves one file alone that they do not concern.
    private mutating func replace(_ group: [ArchivedFile], with left: RecordBatch) throws(LogError) {
        let offsets = group[0].firstOffset...group[group.count - 1].lastOffset
        let changed = left.records[left.place(of: offsets.lowerBound)..<left.place(of: offsets.upperBound + 1)]
        guard group.count > 1 || !changed.isEmpty else { return }
        var (batch, schemas) = try read(group)
        for (id, text) in schemas where !writer.copier.knows(id) { writer.copier.register(id, text) }
        for record in changed { try writer.addSchema(of: record, left.bytes, to: &schemas) }
        let erased = ErasedOffsets.put(changed, of: left.bytes, into: &batch)
        let revision = (group.map(\.revision).max() ?? 0) + 1
        let path = Archive.filePath(partition: group[0].partition, offsets, appendTime: group[0].appendTimeMin, revision: revision)
        var entry = ArchivedFile(beginning: path, partition: group[0].partition, offsets, revision: revision)
        // They stand where no record is left.
        entry.appendTimeMin = group.map(\.appendTimeMin).min() ?? 0
        entry.appendTimeMax = group.map(\.appendTimeMax).max() ?? 0
        try write(entry, batch, Set(schemas.keys), in: group, erased)
    }

    private mutating func write(
        _ entry: ArchivedFile, _ batch: RecordBatch, _ schemaIDs: Set<Int32>, in group: [ArchivedFile], _ erased: ErasedOffsets
    ) throws(LogError) {
        try writer.atStep(.begun)
        var file = try ArchiveFileWriter(
            entry, root: writer.archive.path(of: writer.topic), copier: writer.copier, schemaIDs: schemaIDs, generation: writer.generation)
        try file.append(batch, &writer.copier)
        let written = try file.finish(writer.atStep)
        try writer.manifest.replace(group, with: written, absences: erased.absences)
        try writer.atStep(.recorded)
        try ArchiveLeftovers.remove(root: writer.archive.path(of: writer.topic), group)
        try writer.atStep(.unlinked)
        outcome.filesBefore += group.count
        outcome.filesAfter += 1
        outcome.erasedCount += erased.count
    }
}
