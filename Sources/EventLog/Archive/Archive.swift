package import Events
internal import Foundation

/// Where archives stand: `<folder>/<topic>/<day>/<hour>/<partition>-<first offset>-<last offset>.avro`, with a manifest a topic.
///
/// Day and hour are those of the append time, UTC. Numbers are padded with zeros, so that names sort as offsets do.
package struct Archive: Sendable {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// What belongs to a topic.
    func path(of topic: Topic) -> String { "\(folder)/\(topic.name)" }

    func manifestPath(of topic: Topic) -> String { "\(path(of: topic))/manifest.sqlite" }

    /// True where something of the topic was archived.
    package func holds(_ topic: Topic) -> Bool { FileManager.default.fileExists(atPath: manifestPath(of: topic)) }

    /// What to say of a topic whose files nothing lists, as its manifest is gone or empty; nil where there is none such.
    func unlisted(_ topic: Topic) -> String? {
        let manifest = manifestPath(of: topic)
        let size = (try? FileManager.default.attributesOfItem(atPath: manifest)[.size] as? Int) ?? 0
        guard size == 0, let first = ArchiveLeftovers.files(root: path(of: topic)).min() else { return nil }
        return "\(manifest) is missing or empty, and nothing else tells what the files of the archive hold, \(first) the first: bring the "
            + "manifest back with `recs restore`, or move the folder away; then an archive of what the log has begins"
    }

    /// The path of a file, from the topic's folder; `revision` tells the files apart that compaction makes of the same offsets.
    static func filePath(partition: Int32, _ offsets: ClosedRange<Int64>, appendTime: Int64, revision: Int) -> String {
        let name = "\(padded(Int64(partition), 5))-\(padded(offsets.lowerBound, 20))-\(padded(offsets.upperBound, 20))"
        return "\(hourFolder(appendTime))/\(name)\(revision == 0 ? "" : "-r\(revision)").avro"
    }

    /// Hours since 1970 of a time in milliseconds since 1970.
    static func hour(of time: Int64) -> Int64 {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: 3_600_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// `2026-11-23/07`, in UTC.
    private static func hourFolder(_ time: Int64) -> String {
        var seconds = time_t(hour(of: time) * 3600)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let day = [Int64(parts.tm_year) + 1900, Int64(parts.tm_mon) + 1, Int64(parts.tm_mday)]
        return "\(padded(day[0], 4))-\(padded(day[1], 2))-\(padded(day[2], 2))/\(padded(Int64(parts.tm_hour), 2))"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
