package import Events

/// A record of the log as the oracle reads it: the decoded event with its texts copied out, or why it could not be decoded.
///
/// Texts are compared as Swift compares strings; ids that differ in Unicode normalisation alone are one to the oracle.
package struct OracleEvent: Sendable {
    /// The topic that the record stood on, whatever topic its event type belongs to.
    package var topic: Topic
    package var partition: Int32
    package var offset: Int64
    package var appendTime: Int64
    /// The record's key.
    package var key: String
    /// Why the decoder could not use the record; all below is then without meaning.
    package var fault: String?
    package var type: EventType
    package var id: EventID
    package var timestamp: Int64
    package var user = ""
    package var device = ""
    package var session = ""
    package var region = ""
    package var title = ""
    package var artwork = ""
    /// Query, error code or test.
    package var text = ""
    /// Variant or message.
    package var detail = ""
    package var segment = ""
    /// Items of the list of a `row_impression`.
    package var titles: [String] = []
    /// Items of the list of a `quality_sample`.
    package var ladder: [Int64] = []
    /// Of a `user_erased`: its offsets among impressions, plays and assignments of tests.
    package var sourceOffsets: [Int64] = []
    /// Nil where the event tells none; so are the other numbers.
    package var position: Int64?
    package var watched: Int64?
    package var duration: Int64?
    package var number: Int64?
    package var throughput: Int64 = 0
    package var bitrate: Int64 = 0
    package var buffer: Int64 = 0
    package var value: Double = 0
    package var flag = false

    /// Copies a decoded event out of the batch's bytes.
    package init(_ event: Event, key: Slice, bytes: UnsafeRawBufferPointer, topic: Topic, partition: Int32, fault: String? = nil) {
        func text(_ slice: Slice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }
        func number(_ value: Int64) -> Int64? { value == Event.absent ? nil : value }
        self.topic = topic
        self.partition = partition
        self.fault = fault
        self.key = text(key)
        offset = event.offset
        appendTime = event.appendTime
        type = event.type
        id = event.id
        timestamp = event.timestamp
        if fault != nil { return }
        user = text(event.user)
        device = text(event.device)
        session = text(event.session)
        region = text(event.region)
        title = text(event.title)
        artwork = text(event.artwork)
        self.text = text(event.text)
        detail = text(event.detail)
        segment = text(event.segment)
        position = number(event.positionMilliseconds)
        watched = number(event.watchedMilliseconds)
        duration = number(event.durationMilliseconds)
        self.number = number(event.number)
        throughput = event.throughputKbps
        bitrate = event.bitrateKbps
        buffer = event.bufferMilliseconds
        value = event.value
        flag = event.flag
        var list = AvroList(bytes: Array(bytes[event.list.range]))
        if type == .rowImpression { titles = list.texts() }
        if type == .qualitySample { ladder = list.numbers() }
        if type == .userErased { sourceOffsets = list.numbers() }
    }
}

/// An encoded Avro array (1.11 specification, "Binary encoding", Arrays).
private struct AvroList {
    var bytes: [UInt8]

    mutating func numbers() -> [Int64] { items { $0.long() } }

    mutating func texts() -> [String] {
        items { list in
            guard let count = list.long(), count >= 0, count <= list.bytes.count else { return nil }
            defer { list.bytes.removeFirst(Int(count)) }
            return String(decoding: list.bytes.prefix(Int(count)), as: UTF8.self)
        }
    }

    private mutating func items<Item>(_ next: (inout AvroList) -> Item?) -> [Item] {
        var found: [Item] = []
        while let count = long(), count != 0 {
            if count < 0 { _ = long() }
            for _ in 0..<count.magnitude {
                guard let item = next(&self) else { return found }
                found.append(item)
            }
        }
        return found
    }

    private mutating func long() -> Int64? {
        var groups: [UInt64] = []
        repeat {
            guard let byte = bytes.first, groups.count < 10 else { return nil }
            bytes.removeFirst()
            groups.append(UInt64(byte))
        } while groups[groups.count - 1] >= 128
        let value = groups.reversed().reduce(UInt64(0)) { $0 << 7 | $1 & 127 }
        return value % 2 == 0 ? Int64(value / 2) : -1 - Int64(value / 2)
    }
}
