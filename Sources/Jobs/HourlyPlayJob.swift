// hot path
package import Catalog
package import Events
import Features

/// The play job's operators in a row, with a count of plays per viewer, genre and hour at their end instead of a viewer's features:
/// filter → enrich → exact dedupe → window. It measures what the operators cost by themselves (`recs bench core`).
///
/// A run of events goes through one step after the other; what a step leaves is scratch that the next run uses again.
package struct HourlyPlayJob: ~Copyable {
    /// A play after `enrich`.
    private struct Play: BitwiseCopyable {
        var user: Name
        /// Index in the catalogue.
        var title: Int32
        var at: Int64
    }

    private let traffic: TrafficFilter
    private var context: JobContext
    private var users: NameTable
    private var distinct: DistinctEvents
    /// Plays per viewer, genre and hour.
    package private(set) var windows: HourlyPlays
    /// Events of bots and tests.
    package private(set) var filteredCount = 0
    /// Events whose title the catalogue does not have, or that have none.
    package private(set) var unknownCount = 0
    /// Events that came again.
    package private(set) var repeatCount = 0

    /// Of the viewers of the run.
    private var hashes: [UInt32] = []
    /// What the reading ahead has read; kept so that it cannot be optimised away.
    private var readAhead: UInt64 = 0
    private var ids: [EventID] = []
    private var plays: [Play] = []
    private var isFirst: [Bool] = []

    /// Tables fit for so many events of so many viewers; they grow beyond.
    package init(settings: JobSettings, catalog: Catalog, eventCount: Int, userCount: Int) {
        traffic = TrafficFilter(prefixes: settings.filteredPrefixes)
        context = JobContext(settings: settings, catalog: catalog, names: NameTable(capacity: catalog.titles.count))
        users = NameTable(capacity: userCount)
        distinct = DistinctEvents(capacity: eventCount)
        windows = HourlyPlays(capacity: eventCount * 2)
    }

    /// Leaves out bots and test traffic.
    package mutating func filter(_ events: inout [Event], bytes: UnsafeRawBufferPointer) {
        var kept = 0
        for index in events.indices {
            if traffic.matches(events[index], bytes: bytes) { continue }
            if kept != index { events[kept] = events[index] }
            kept += 1
        }
        filteredCount += events.count - kept
        events.removeLast(events.count - kept)
    }

    /// Finds viewers and titles.
    package mutating func enrich(_ events: [Event], bytes: UnsafeRawBufferPointer) {
        ids.removeAll(keepingCapacity: true)
        plays.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
        for index in events.indices {
            hashes.append(NameTable.hash(UnsafeRawBufferPointer(rebasing: bytes[events[index].user.range])))
            readAhead ^= users.readAhead(hash: hashes[index])
        }
        for index in events.indices {
            guard let name = context.requiredID(events[index].title, bytes), let title = context.catalogIndex(of: name) else {
                unknownCount += 1
                continue
            }
            let user = users.intern(UnsafeRawBufferPointer(rebasing: bytes[events[index].user.range]), hash: hashes[index])
            ids.append(events[index].id)
            plays.append(Play(user: user, title: Int32(truncatingIfNeeded: title), at: events[index].timestamp))
        }
    }

    /// Leaves out what came before, however long ago.
    package mutating func dropRepeats() {
        if isFirst.count < ids.count { isFirst = [Bool](repeating: false, count: ids.count) }
        ids.withUnsafeBufferPointer { ids in
            isFirst.withUnsafeMutableBufferPointer { distinct.mark(ids, isFirst: UnsafeMutableBufferPointer(rebasing: $0[..<ids.count])) }
        }
        var kept = 0
        for index in plays.indices where isFirst[index] {
            plays[kept] = plays[index]
            kept += 1
        }
        repeatCount += plays.count - kept
        plays.removeLast(plays.count - kept)
    }

    /// Counts each play for every genre of its title.
    package mutating func count() {
        for index in plays.indices {
            let play = plays[index]
            for place in context.catalog.genrePlaces(of: Int(play.title)) {
                windows.add(user: play.user, genre: context.catalog.genre(at: place), at: play.at)
            }
        }
    }

    /// Appends every window that has plays to `output`, a line `viewer,genre,hour,plays` each: the genre by its number, the hour since
    /// 1970. `flush` empties `output` where it is longer than `byteCountMax`, and at the end.
    package mutating func write(into output: inout [UInt8], byteCountMax: Int, flush: (inout [UInt8]) -> Void) {
        windows.settle()
        windows.forEach { window in
            users.withBytes(window.user) { output.append(contentsOf: $0) }
            Self.append(UInt64(window.genre.raw), to: &output)
            Self.append(UInt64(window.hour), to: &output)
            Self.append(UInt64(window.count), to: &output)
            output.append(UInt8(ascii: "\n"))
            if output.count > byteCountMax { flush(&output) }
        }
        flush(&output)
    }

    /// Appends a comma and the digits.
    private static func append(_ number: UInt64, to output: inout [UInt8]) {
        output.append(UInt8(ascii: ","))
        var rest = number
        let start = output.count
        repeat {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        var low = start
        var high = output.count - 1
        while low < high {
            output.swapAt(low, high)
            low += 1
            high -= 1
        }
    }
}
