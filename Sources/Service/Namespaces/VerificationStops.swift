import Features
import Jobs

/// Something to compare once the replay has come to its offset, and before it goes on.
struct VerificationCheck {
    enum Subject {
        case user(String, key: [UInt8])
        case title(String, key: [UInt8])
        case ledger(Bucket, Marker)
    }
    var partition: Int32
    var offset: Int64
    var subject: Subject
    /// As it serves; empty for a ledger.
    var value: [UInt8]
}

/// Where a replay, which only goes forward, stops to compare.
struct VerificationStops {
    /// By partition, ascending by offset.
    private var waiting: [Int32: [VerificationCheck]]
    /// Of offsets that the replay has left behind.
    private let passed: [VerificationCheck]

    /// `reached`: by partition, the offset that the replay stands at.
    init(_ checks: [VerificationCheck], reached: [Int32: Int64]) {
        func isPassed(_ check: VerificationCheck) -> Bool { check.offset < reached[check.partition] ?? -1 }
        passed = checks.filter(isPassed)
        waiting = Dictionary(grouping: checks.filter { !isPassed($0) }, by: \.partition).mapValues { $0.sorted { $0.offset < $1.offset } }
    }

    /// By partition, the offset to stop at next; empty where nothing waits.
    var next: [Int32: Int64] { waiting.compactMapValues { $0.first?.offset } }

    /// Takes out what is to be compared at these offsets.
    mutating func take(at stops: [Int32: Int64]) -> [VerificationCheck] {
        var taken: [VerificationCheck] = []
        for (partition, stop) in stops {
            let due = waiting[partition]?.prefix { $0.offset <= stop } ?? []
            waiting[partition]?.removeFirst(due.count)
            taken += due
        }
        return taken
    }

    /// What has not been taken out.
    var left: [VerificationCheck] { passed + waiting.values.flatMap(\.self) }
}
