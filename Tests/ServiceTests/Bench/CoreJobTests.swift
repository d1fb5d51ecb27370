import EventLog
import Foundation
import TestSupport
import Testing

@testable import Service

/// The fast core job against the naive one, on the records that the benchmark sends.
@Suite struct CoreJobTests {
    private func bench(_ eventCount: Int, seed: UInt64) -> CoreBench {
        var bench = CoreBench()
        bench.eventCount = eventCount
        bench.userCount = 300
        bench.titleCount = 50
        bench.repeatShare = 0.2
        bench.botShare = 0.1
        bench.seed = seed
        return bench
    }

    /// The stream as polls bring it.
    private func batches(_ stream: inout CoreStream, size: Int) -> [RecordBatch] {
        var batches: [RecordBatch] = []
        while true {
            let sent = stream.next(size)
            if sent.records.isEmpty { return batches }
            var batch = RecordBatch()
            batch.bytes = sent.bytes
            batch.records = sent.records.enumerated().map {
                .init(partition: 0, offset: Int64($0), timestamp: 0, key: $1.key, value: $1.value)
            }
            batches.append(batch)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func bothWriteTheSameFile(seed: UInt64) throws {
        let bench = bench(5000, seed: seed)
        let schemas = try Resources(environment: ["RECS_HOME": Repository.root.path]).schemas()
        let catalog = CoreStream.catalog(bench)
        var stream = CoreStream(bench)
        var job = CoreJob(bench, schemas: schemas, catalog: catalog)
        var naive = NaiveCoreJob(schemas: schemas, catalog: catalog)
        for batch in batches(&stream, size: 700) {
            job.take(batch)
            try naive.take(batch)
        }
        let folder = try TemporaryFolder()
        try job.write(to: folder.path("core"))
        try naive.write(to: folder.path("naive"))
        let ours = SortedLines(try Data(contentsOf: URL(fileURLWithPath: folder.path("core"))))
        let theirs = SortedLines(try Data(contentsOf: URL(fileURLWithPath: folder.path("naive"))))
        #expect(ours == theirs)
        let counts = job.counts
        #expect(counts.unknown == 0 && job.undecodableCount == 0)
        #expect(counts.filtered >= stream.botCount && stream.botCount > 0 && stream.repeatCount > 500)
        #expect(counts.filtered + counts.repeats == stream.botCount + stream.repeatCount)
    }

    @Test func aMissingEventShows() throws {
        func lines(_ text: String) -> SortedLines { SortedLines(Data(text.utf8)) }
        #expect(lines("b,1\na,2\n") == lines("a,2\nb,1\n"))
        #expect(lines("a,2\n") != lines("a,2\nb,1\n"))
        #expect(lines("a,2\nb,2\n") != lines("a,2\nb,1\n"))
    }
}
