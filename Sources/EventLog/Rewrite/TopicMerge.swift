internal import GRDB

/// The records of all partitions of a topic as one sequence by append time; of equal ones the lower partition's come first.
struct TopicMerge {
    private let file: TopicFile
    private let archive: ArchiveReader
    private let cursors: [PartitionCursor]
    /// Indices of the cursors that are not at their end, the one whose turn it is last.
    private var turns: [Int] = []

    init(cursors: [PartitionCursor], file: TopicFile, archive: ArchiveReader) {
        self.cursors = cursors
        self.file = file
        self.archive = archive
    }

    /// Brings every cursor to its first record.
    mutating func begin(_ database: Database) throws {
        for index in cursors.indices where try cursors[index].advance(file, database, archive) { enter(index) }
    }

    /// The cursor that stands at the next record; nil at the end.
    var first: PartitionCursor? { turns.last.map { cursors[$0] } }

    mutating func advance(_ database: Database) throws {
        guard let index = turns.popLast() else { return }
        if try cursors[index].advance(file, database, archive) { enter(index) }
    }

    private mutating func enter(_ index: Int) {
        let turn = (cursors[index].record.timestamp, index)
        var low = 0
        var high = turns.count
        while low < high {
            let middle = (low + high) / 2
            if (cursors[turns[middle]].record.timestamp, turns[middle]) > turn { low = middle + 1 } else { high = middle }
        }
        turns.insert(index, at: low)
    }
}
