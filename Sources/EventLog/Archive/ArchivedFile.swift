/// What the manifest says of one file: records of one partition with ascending offsets.
package struct ArchivedFile: Sendable, Hashable, Codable {
    /// From the topic's folder.
    package var path: String
    package var partition: Int32
    /// Every offset from `firstOffset` to `lastOffset` is in the file or listed as absent.
    package var firstOffset: Int64
    package var lastOffset: Int64
    package var recordCount: Int
    /// Milliseconds since 1970; nil where no event of the file could be decoded.
    package var eventTimeMin: Int64?
    package var eventTimeMax: Int64?
    package var appendTimeMin: Int64
    package var appendTimeMax: Int64
    package var byteCount: Int
    /// Of all keys and values together.
    package var payloadByteCount: Int
    /// Of the file's bytes, in hexadecimal.
    package var sha256: String
    /// Counted up when compaction writes the same offsets anew.
    package var revision: Int

    var offsets: ClosedRange<Int64> { firstOffset...lastOffset }
}

extension ArchivedFile {
    /// A file of which only its name is known so far.
    init(beginning path: String, partition: Int32, _ offsets: ClosedRange<Int64>, revision: Int) {
        self.init(
            path: path, partition: partition, firstOffset: offsets.lowerBound, lastOffset: offsets.upperBound, recordCount: 0,
            appendTimeMin: 0, appendTimeMax: 0, byteCount: 0, payloadByteCount: 0, sha256: "", revision: revision)
    }
}

/// Offsets of a partition that are in no file, or only as what is left of an erased viewer's records, and why.
package struct ArchiveAbsence: Sendable, Hashable, Codable {
    package enum Reason: String, Sendable, Codable {
        /// The records were of a user who was erased later on: what is left of them stands there, or, in older archives, nothing.
        case erased
        /// The log had no record there (Kafka uses up offsets for its own purposes).
        case notOnLog = "not_on_log"
    }
    package var partition: Int32
    package var firstOffset: Int64
    package var lastOffset: Int64
    package var reason: Reason
}

/// An erasure that compaction still has to carry out: the user's records before `offset` are to go.
struct ArchiveErasure: Hashable {
    var partition: Int32
    var offset: Int64
    var user: [UInt8]
}

/// Where a file is on its way onto disk; tests look at the folder at each, as a crash would leave it.
enum ArchiveStep: CaseIterable {
    case begun, written, synchronised, named, recorded, unlinked
}
