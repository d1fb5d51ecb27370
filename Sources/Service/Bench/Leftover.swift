import FeatureStore
import Foundation
import NIOConcurrencyHelpers

/// A server or a folder of a benchmark that would outlive it; removed by its owner, or by Ctrl-C or SIGTERM, which end a benchmark anywhere.
package final class Leftover: Sendable {
    private static let all = NIOLockedValueBox<[Leftover]>([])
    /// Held while one is being made, and from a signal on for ever.
    private static let making = NIOLock()
    private static let isEnding = NIOLockedValueBox(false)
    /// Where the signals' handler writes which one it was.
    private static let signals = Pipe()
    private static let signalsEnd = signals.fileHandleForWriting.fileDescriptor

    private let removal: NIOLockedValueBox<(@Sendable () -> Void)?>

    private init(_ remove: @escaping @Sendable () -> Void) { removal = NIOLockedValueBox(remove) }

    /// Makes something, which no signal interrupts, together with its removal.
    static func made<Value: Sendable>(
        by make: () throws -> Value, remove: @escaping @Sendable (Value) -> Void
    ) rethrows -> (value: Value, leftover: Leftover) {
        try making.withLock {
            let value = try make()
            let leftover = Leftover { remove(value) }
            all.withLockedValue { $0.append(leftover) }
            return (value, leftover)
        }
    }

    /// A Redis of the benchmark's own.
    static func redis(in folder: BenchFolder) throws -> (value: RedisServer, leftover: Leftover) {
        try made {
            try RedisServer(folder: folder.path + "/redis")
        } remove: {
            $0.stop()
        }
    }

    /// Removes it, once; whoever comes second waits until that is done.
    func remove() {
        removal.withLockedValue {
            $0?()
            $0 = nil
        }
        Leftover.all.withLockedValue { $0.removeAll { $0 === self } }
    }

    /// From now on SIGINT and SIGTERM remove all that there is, the newest first, before they end the process.
    package static func removeAllAtSignals() {
        // Made before the handler, in which nothing can be made.
        _ = signalsEnd
        // A handler and no mask, which children would inherit.
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Leftover.signalsEnd, &byte, 1)
            }
        }
        Thread.detachNewThread {
            guard let number = signals.fileHandleForReading.readData(ofLength: 1).first else { return }
            isEnding.withLockedValue { $0 = true }
            making.lock()
            while let newest = all.withLockedValue({ $0.last }) { newest.remove() }
            signal(Int32(number), SIG_DFL)
            kill(getpid(), Int32(number))
        }
    }

    /// Does not come back where a signal is ending the process: what goes wrong because its servers are gone is nothing to report.
    package static func waitWhereEnding() async {
        while isEnding.withLockedValue({ $0 }) { try? await Task.sleep(for: .seconds(1)) }
    }
}

/// A folder of a benchmark's own, within the temporary one.
final class BenchFolder: Sendable {
    private static let removalCountMax = 100
    let path: String
    private let leftover: Leftover

    init() throws {
        (path, leftover) = try Leftover.made {
            let path = FileManager.default.temporaryDirectory.path + "/recs-bench-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            return path
        } remove: {
            // Where a signal ends the benchmark, it still writes meanwhile.
            for _ in 0..<Self.removalCountMax where FileManager.default.fileExists(atPath: $0) {
                try? FileManager.default.removeItem(atPath: $0)
            }
        }
    }

    func remove() { leftover.remove() }
}
