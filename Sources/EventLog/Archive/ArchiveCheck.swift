package import Events

/// Compares a topic's archive with its manifest, byte by byte and record by record; may run while the archive is written.
package struct ArchiveCheck {
    /// What is wrong with a file or a run of offsets.
    package struct Problem: Sendable, Hashable, Codable {
        package enum Kind: String, Sendable, Codable {
            case missing, damaged, overlap, hole
            /// The file's records are not those that the manifest lists.
            case records
            /// The archive is that of another log than the one beside it.
            case foreign
            /// It holds records that the log has lost.
            case ahead
            /// The log is not there, or cannot be read.
            case log
        }
        package var kind: Kind
        package var partition: Int32
        package var firstOffset: Int64
        package var lastOffset: Int64
        /// What was found, with the file's path.
        package var description: String
    }

    /// What was found.
    package struct Report: Sendable, Codable {
        package var topic: String
        package var fileCount = 0
        package var recordCount = 0
        package var byteCount = 0
        /// Offsets whose records erasures removed.
        package var erasedCount: Int64 = 0
        package var problems: [Problem] = []
    }

    private let archive: Archive
    private let topic: Topic

    package init(_ archive: Archive, topic: Topic) {
        self.archive = archive
        self.topic = topic
    }

    /// Reads every file of the topic. `logFolder`: of the embedded log that is archived, where the two are to be compared as well.
    package func run(beside logFolder: String? = nil) throws(LogError) -> Report {
        var report = Report(topic: topic.name)
        let logCheck = logFolder.map { ArchiveLogCheck(topic, logFolder: $0) }
        guard let manifest = try ArchiveManifest(reading: topic, of: archive) else {
            if let fault = archive.unlisted(topic) {
                report.problems.append(Problem(kind: .missing, partition: 0, firstOffset: 0, lastOffset: 0, description: fault))
            } else {
                report.problems += logCheck?.problems([], [], generation: nil) ?? []
            }
            return report
        }
        // Asked before the files: whatever was begun by then has one.
        let starts = try manifest.starts()
        let files = try manifest.files()
        report.problems += starts.sorted { $0.key < $1.key }.compactMap { begin($0.key, at: $0.value, files) }
        // Asked after the files: a compaction in between only adds to them, and such a file is passed over as replaced.
        let absences = Dictionary(grouping: try manifest.absences(), by: \.partition)
        for absence in absences.values.joined() where absence.reason == .erased {
            report.erasedCount += absence.lastOffset - absence.firstOffset + 1
        }
        for (index, file) in files.enumerated() {
            report.fileCount += 1
            report.recordCount += file.recordCount
            report.byteCount += file.byteCount
            if index > 0, files[index - 1].partition == file.partition, let problem = follow(files[index - 1], file) {
                report.problems.append(problem)
            }
            if let problem = try check(file, absences[file.partition] ?? []),
                try manifest.file(partition: file.partition, holding: file.firstOffset) == file
            {
                report.problems.append(problem)
            }
        }
        report.problems += logCheck?.problems(files, absences.values.flatMap(\.self), generation: try manifest.generation) ?? []
        return report
    }

    /// The hole before a partition's first file, if that is not the one it began with.
    private func begin(_ partition: Int32, at start: Int64, _ files: [ArchivedFile]) -> Problem? {
        let first = files.first { $0.partition == partition }
        if let first, first.firstOffset <= start { return nil }
        return Problem(
            kind: .hole, partition: partition, firstOffset: start, lastOffset: first.map { $0.firstOffset - 1 } ?? start,
            description: first.map { "no file holds the offsets before \($0.path), with which the archive began" }
                ?? "no file of partition \(partition) is listed any more")
    }

    private func follow(_ before: ArchivedFile, _ file: ArchivedFile) -> Problem? {
        let expected = before.lastOffset + 1
        if file.firstOffset == expected { return nil }
        let isHole = file.firstOffset > expected
        return Problem(
            kind: isHole ? .hole : .overlap, partition: file.partition, firstOffset: min(expected, file.firstOffset),
            lastOffset: max(expected, file.firstOffset) - 1,
            description: isHole
                ? "no file holds the offsets between \(before.path) and \(file.path)"
                : "\(before.path) and \(file.path) hold the same offsets")
    }

    private func check(_ file: ArchivedFile, _ absences: [ArchiveAbsence]) throws(LogError) -> Problem? {
        func problem(_ kind: Problem.Kind, _ text: String) -> Problem {
            Problem(kind: kind, partition: file.partition, firstOffset: file.firstOffset, lastOffset: file.lastOffset, description: text)
        }
        do {
            guard var reader = try ArchiveFileReader(file, root: archive.path(of: topic)) else {
                return problem(.missing, "\(file.path) is missing")
            }
            return try compare(&reader, absences).map { problem(.records, "\(file.path): \($0)") }
        } catch {
            guard error.kind == .invalid else { throw error }
            return problem(.damaged, error.description)
        }
    }

    /// What is wrong with the file's offsets, if something is.
    private func compare(_ reader: inout ArchiveFileReader, _ absences: [ArchiveAbsence]) throws(LogError) -> String? {
        let file = reader.entry
        let gaps = absences.filter { $0.lastOffset >= file.firstOffset && $0.firstOffset <= file.lastOffset }
        var expected = ExpectedRecords(file.offsets, gaps: gaps, residues: ResidueSchemas(reader.schemas))
        var count = 0
        var hasMore = true
        while hasMore {
            var batch = RecordBatch()
            hasMore = try reader.read(from: file.firstOffset, into: &batch, recordCountMax: 10_000, byteCountMax: 32 << 20)
            for record in batch.records {
                guard record.partition == file.partition else { return "a record of partition \(record.partition) stands in it" }
                if let fault = expected.fault(of: record, batch.bytes) { return fault }
            }
            count += batch.records.count
        }
        if let missing = expected.missing() { return "offset \(missing) is missing" }
        return count == file.recordCount ? nil : "\(count) records instead of \(file.recordCount)"
    }
}
