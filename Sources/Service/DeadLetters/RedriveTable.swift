import EventLog
import Events
import GRDB

/// What became of dead letters that were put back on their topics: the table `redriven` of the control store.
package struct RedriveTable: Sendable {
    package enum State: String, Sendable {
        /// About to be appended. Where a crash left it so, the log tells whether it was.
        case intended
        /// On its topic again.
        case done
        /// Left out for good: its viewer was erased after it.
        case erased
    }

    /// A letter's state, and since when (milliseconds since 1970).
    package struct Entry: Sendable {
        package var state: State
        package var at: Int64
    }

    let control: ControlStore

    /// The letters of the topics' present generations: a new log has letters of its own at the same places.
    func entries(_ generations: [Topic: UInt64]) throws -> [LogPosition: Entry] {
        try control.database.read { database in
            var entries: [LogPosition: Entry] = [:]
            let rows = try Row.fetchCursor(database, sql: "SELECT generation, topic, partition, offset, state, at FROM redriven")
            while let row = try rows.next() {
                let (generation, name, state): (Int64, String, String) = (row[0], row[1], row[4])
                guard let topic = Topic(name: name), generations[topic] == UInt64(bitPattern: generation),
                    let state = State(rawValue: state)
                else { continue }
                entries[LogPosition(topic: topic, partition: row[2], offset: row[3])] = Entry(state: state, at: row[5])
            }
            return entries
        }
    }

    /// Notes the state of all the letters, or of none.
    func set(_ letters: [LogPosition], to state: State, at: Int64, _ generations: [Topic: UInt64]) throws {
        guard !letters.isEmpty else { return }
        try control.database.write { database in
            let statement = try database.makeStatement(
                sql: "INSERT OR REPLACE INTO redriven (generation, topic, partition, offset, state, at) VALUES (?, ?, ?, ?, ?, ?)")
            for letter in letters {
                let generation = Int64(bitPattern: generations[letter.topic] ?? 0)
                try statement.execute(
                    arguments: [generation, letter.topic.name, letter.partition, letter.offset, state.rawValue, at])
            }
        }
    }

    /// Where records stand in the topics' present generations, by the places that letters of before a repartition name.
    func movedRecords(_ generations: [Topic: UInt64]) throws -> [LogPosition: LogPosition] {
        try control.database.read { database in
            var moved: [LogPosition: LogPosition] = [:]
            let sql = "SELECT generation, topic, old_partition, old_offset, partition, offset FROM moved_record"
            let rows = try Row.fetchCursor(database, sql: sql)
            while let row = try rows.next() {
                let (generation, name): (Int64, String) = (row[0], row[1])
                guard let topic = Topic(name: name), generations[topic] == UInt64(bitPattern: generation) else { continue }
                moved[LogPosition(topic: topic, partition: row[2], offset: row[3])] = LogPosition(
                    topic: topic, partition: row[4], offset: row[5])
            }
            return moved
        }
    }

    /// Lets the letters' states hold for a log that was written anew, and notes where their records stand on it. Changes nothing the second
    /// time.
    func carryOver(_ plan: RepartitionPlan) throws {
        try control.database.write { database in
            for topic in plan.topics {
                try database.execute(
                    sql: """
                        INSERT OR IGNORE INTO redriven (generation, topic, partition, offset, state, at)
                        SELECT ?, topic, partition, offset, state, at FROM redriven WHERE generation = ? AND topic = ?
                        """,
                    arguments: [Int64(bitPattern: topic.generation), Int64(bitPattern: topic.oldGeneration), topic.topic])
                for record in plan.movedRecords where record.topic == topic.topic {
                    try database.execute(
                        sql: "INSERT OR REPLACE INTO moved_record VALUES (?, ?, ?, ?, ?, ?)",
                        arguments: [
                            Int64(bitPattern: topic.generation), record.topic, record.oldPartition, record.oldOffset, record.partition,
                            record.offset,
                        ])
                }
            }
        }
    }
}
