internal import Events

/// Merges the small files of a partition and hour, and removes what erased users did before their `user_erased`.
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

    private let writer: ArchiveWriter
    private var outcome = Outcome()

    package init(_ writer: ArchiveWriter) { self.writer = writer }

    /// Compacts the hours that are over at `now`.
    package mutating func run(now: Int64) throws(LogError) -> Outcome {
        let all = try writer.manifest.files()
        let files = all.filter { Archive.hour(of: $0.appendTimeMax) < Archive.hour(of: now) }
        // An erasure is carried out once the hours of all files up to its own are over.
        let open = all.filter { Archive.hour(of: $0.appendTimeMax) >= Archive.hour(of: now) }
        let erasures = try writer.manifest.erasures().filter { erasure in
            !open.contains { $0.partition == erasure.partition && $0.firstOffset <= erasure.offset }
        }
        for group in groups(files) { try compact(group, erasures.filter { $0.partition == group[0].partition }) }
        try writer.manifest.remove(erasures)
        return outcome
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

    private mutating func compact(_ group: [ArchivedFile], _ erasures: [ArchiveErasure]) throws(LogError) {
        let users = erasures.reduce(into: [[UInt8]: Int64]()) { users, erasure in
            users[erasure.user] = max(users[erasure.user] ?? .min, erasure.offset)
        }
        let isConcerned = erasures.contains { $0.offset > group[0].firstOffset }
        guard group.count > 1 || isConcerned else { return }
        var (batch, schemas) = try read(group)
        let erased = ArchiveErased.remove(from: &batch, users)
        guard group.count > 1 || !erased.isEmpty else { return }
        try replace(group, with: batch, schemas, erased)
    }

    /// All records of the files.
    private func read(_ group: [ArchivedFile]) throws(LogError) -> (RecordBatch, [Int32: String]) {
        var batch = RecordBatch()
        var schemas: [Int32: String] = [:]
        for file in group {
            guard var reader = try ArchiveFileReader(file, root: writer.archive.path(of: writer.topic)) else {
                throw LogError(.invalid, "\(writer.archive.path(of: writer.topic))/\(file.path) is missing; restore it from a backup")
            }
            schemas.merge(reader.schemas) { old, _ in old }
            while try reader.read(from: file.firstOffset, into: &batch, recordCountMax: .max / 2, byteCountMax: .max) {}
        }
        return (batch, schemas)
    }

    private mutating func replace(
        _ group: [ArchivedFile], with batch: RecordBatch, _ schemas: [Int32: String], _ erased: [ArchiveAbsence]
    ) throws(LogError) {
        let offsets = group[0].firstOffset...group[group.count - 1].lastOffset
        let revision = (group.map(\.revision).max() ?? 0) + 1
        let path = Archive.filePath(partition: group[0].partition, offsets, appendTime: group[0].appendTimeMin, revision: revision)
        for (id, text) in schemas where !writer.copier.knows(id) { writer.copier.register(id, text) }
        var entry = ArchivedFile(beginning: path, partition: group[0].partition, offsets, revision: revision)
        // They stand where no record is left.
        entry.appendTimeMin = group.map(\.appendTimeMin).min() ?? 0
        entry.appendTimeMax = group.map(\.appendTimeMax).max() ?? 0
        try writer.atStep(.begun)
        var file = try ArchiveFileWriter(
            entry, root: writer.archive.path(of: writer.topic), copier: writer.copier, schemaIDs: Set(schemas.keys),
            generation: writer.generation)
        try file.append(batch, &writer.copier)
        let written = try file.finish(writer.atStep)
        try writer.manifest.replace(group, with: written, absences: erased)
        try writer.atStep(.recorded)
        try ArchiveLeftovers.remove(root: writer.archive.path(of: writer.topic), group)
        try writer.atStep(.unlinked)
        outcome.filesBefore += group.count
        outcome.filesAfter += 1
        outcome.erasedCount += erased.reduce(0) { $0 + Int($1.lastOffset - $1.firstOffset) + 1 }
    }
}

/// Takes erased users' records out of a batch.
enum ArchiveErased {
    /// Removes the records keyed by one of the users that stand before that user's erasure; answers their offsets.
    static func remove(from batch: inout RecordBatch, _ users: [[UInt8]: Int64]) -> [ArchiveAbsence] {
        guard !users.isEmpty else { return [] }
        var absences: [ArchiveAbsence] = []
        let bytes = batch.bytes
        batch.records.removeAll { record in
            guard let end = users[[UInt8](bytes[record.key.range])], record.offset < end else { return false }
            if let last = absences.last, last.lastOffset + 1 == record.offset {
                absences[absences.count - 1].lastOffset = record.offset
            } else {
                absences.append(
                    ArchiveAbsence(partition: record.partition, firstOffset: record.offset, lastOffset: record.offset, reason: .erased))
            }
            return true
        }
        return absences
    }
}
