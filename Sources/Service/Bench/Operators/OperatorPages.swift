import Catalog
import EventLog
import Events
import Features
import Foundation
import Home
import NIOCore

/// Home pages as serving makes them, without Redis and HTTP: a viewer's values → viewer → page → JSON.
struct OperatorPages {
    private struct Reader {
        var id: UserID
        var values: [[UInt8]?]
    }

    private struct Sample: Equatable {
        var user: String
        var page: ByteBuffer
    }

    private let published: Published
    private let readers: [Reader]
    private var standings: [RegionID: RegionStandings] = [:]
    private var nanoseconds: (read: Int64, compose: Int64, write: Int64) = (0, 0, 0)
    /// One page in 64, to be looked at when the time is not measured.
    private var samples: [Sample] = []
    /// The samples of the first run.
    private var checked: [Sample] = []

    /// Runs the stream's jobs to their end and takes the values that they leave.
    init(_ stream: OperatorStream) throws {
        var jobs = OperatorJobs(stream, keepsValues: true)
        for poll in stream.polls { try jobs.take(poll) }
        let values = jobs.values ?? OperatorValues()
        readers = values.userIDs.map { Reader(id: UserID(String(decoding: $0, as: UTF8.self)), values: values.values(of: $0)) }
        let catalog = stream.catalog
        var builder = TitleSnapshotBuilder()
        for (topic, titles) in values.titles {
            for (title, bytes) in titles {
                var names = NameTable()
                let value = try bytes.withUnsafeBytes { try TitleValue(from: $0, names: &names) }
                builder.replace(
                    topic: topic.rawValue, partition: 0, title: String(decoding: title, as: UTF8.self), value: value, names: names)
            }
        }
        let snapshot = builder.makeSnapshot(
            catalogVersion: catalog.version, titleCount: catalog.titles.count, at: OperatorStream.endTime
        ) { catalog.index(of: $0) }
        let model = try RankerModel(json: Resources().rankerModel())
        published = Published(
            catalog: catalog, snapshot: snapshot, composer: HomeComposer(catalog: catalog, model: model),
            fragments: TitleFragments(catalog), snapshotAt: OperatorStream.endTime, keys: Keys(namespace: "bench"))
    }

    /// Makes the pages of so many viewers, from the one of that number on.
    mutating func make(_ numbers: Range<Int>) throws {
        for number in numbers {
            let reader = readers[number % readers.count]
            let begun = threadCPUNanoseconds()
            let viewer = try ViewerReader.viewer(reader.id, reader.values)
            let read = threadCPUNanoseconds()
            let request = HomeRequest(
                region: viewer.region, maturityLimit: ProfileLimits.unlimited, rowCountMax: 10, itemCountMax: 20,
                now: OperatorStream.endTime)
            let page = published.composer.page(
                for: viewer, snapshot: published.snapshot, request: request, standings: standings(request.region))
            let composed = threadCPUNanoseconds()
            var json = JSONWriter(capacity: 65_536)
            json.write(
                ServedPage(
                    viewer: viewer, request: request, page: page, published: published, tests: [], warnings: [], segment: "",
                    winners: WinnerBoard(tests: [])))
            let written = threadCPUNanoseconds()
            nanoseconds.read += read - begun
            nanoseconds.compose += composed - read
            nanoseconds.write += written - composed
            if number % 64 == 0 { samples.append(Sample(user: reader.id.description, page: json.buffer)) }
        }
    }

    private mutating func standings(_ region: RegionID) -> RegionStandings {
        if let known = standings[region] { return known }
        let made = published.composer.standings(region: region, snapshot: published.snapshot, now: OperatorStream.endTime)
        standings[region] = made
        return made
    }

    /// CPU seconds by stage so far.
    var stages: [BenchReport.Share] {
        [
            .init("read", Double(nanoseconds.read) / 1e9), .init("compose", Double(nanoseconds.compose) / 1e9),
            .init("write", Double(nanoseconds.write) / 1e9),
        ]
    }

    /// What is wrong with the samples. All runs make the same pages, so those after the first need only be equal: what the look takes is then no
    /// part of what one more run executes.
    mutating func faults() throws -> [String] {
        defer { samples = [] }
        if !checked.isEmpty { return checked == samples ? [] : ["the pages are not those of the first run"] }
        var faults: [String] = []
        for sample in samples { try HomeBench.check(Data(sample.page.readableBytesView), of: sample.user, into: &faults) }
        if samples.isEmpty { faults.append("no page was looked at") }
        checked = samples
        return faults
    }
}
