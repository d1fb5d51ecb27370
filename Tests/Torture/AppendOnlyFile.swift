import Foundation
import TestSupport

/// The append-only file of a Redis, with how long it was during the last two seconds: so much of its past it may forget.
struct AppendOnlyFile {
    private static let rollbackSeconds = 2.0

    /// The folder of the Redis.
    let folder: String
    /// How long the newest file was, of the last two seconds.
    private var sizes: [(time: ContinuousClock.Instant, file: String, size: Int)] = []

    init(folder: String) { self.folder = folder }

    /// Notes how long the file is; called many times a second.
    mutating func note() {
        guard let file = newestFile(), let size = size(of: file) else { return }
        sizes.append((.now, file, size))
        sizes.removeAll { ContinuousClock.now - $0.time > .seconds(AppendOnlyFile.rollbackSeconds) }
    }

    /// What is there now is not to be cut.
    mutating func settle() { sizes = [] }

    /// Cuts off up to two seconds of the past, in the middle of a command or between two; answers how many bytes.
    func cut(_ random: inout SplitMix64) throws -> Int {
        guard let file = newestFile(), let size = size(of: file) else { throw TortureError("\(folder) has no append-only file") }
        let lowest = sizes.filter { $0.file == file }.map(\.size).min() ?? size
        var target = Int.random(in: min(lowest, size)...size, using: &random)
        if Bool.random(using: &random) { target = try boundary(in: file, from: min(lowest, size), upTo: target) }
        guard truncate(file, off_t(target)) == 0 else { throw TortureError("cannot cut \(file): \(String(cString: strerror(errno)))") }
        return size - target
    }

    /// The manifest names the file that is appended to last (Redis 7, multi-part AOF).
    private func newestFile() -> String? {
        let folder = folder + "/appendonlydir"
        guard let manifest = try? String(contentsOfFile: folder + "/appendonly.aof.manifest", encoding: .utf8) else { return nil }
        let line = manifest.split(separator: "\n").last { $0.hasSuffix("type i") }
        return line.map { folder + "/" + $0.split(separator: " ")[1] }
    }

    private func size(of file: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? Int
    }

    /// The last end of a command at or before `target`; `from` is where a write ended, which is one.
    private func boundary(in file: String, from: Int, upTo target: Int) throws -> Int {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(from))
        let bytes = Array(try handle.read(upToCount: target - from) ?? Data())
        var end = 0
        while let next = AppendOnlyCommand.end(in: bytes, from: end) { end = next }
        return from + end
    }
}

/// A command as the append-only file holds it: an array of bulk strings of the Redis protocol.
enum AppendOnlyCommand {
    /// Where the command that begins at `start` ends; nil where it is not all there.
    static func end(in bytes: [UInt8], from start: Int) -> Int? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "*"), var (count, place) = number(in: bytes, from: start + 1) else {
            return nil
        }
        while count > 0 {
            guard place < bytes.count, bytes[place] == UInt8(ascii: "$"), let (length, next) = number(in: bytes, from: place + 1) else {
                return nil
            }
            place = next + length + 2
            count -= 1
        }
        return place <= bytes.count ? place : nil
    }

    /// A number that a line break ends, and where the next line begins.
    private static func number(in bytes: [UInt8], from start: Int) -> (value: Int, next: Int)? {
        guard let end = bytes[min(start, bytes.count)...].firstIndex(of: 13),
            let value = Int(String(decoding: bytes[start..<end], as: UTF8.self))
        else { return nil }
        return (value, end + 2)
    }
}
