// hot path

internal import Avro

/// Writes the events that the service makes itself, in Confluent wire format, to the end of a buffer.
///
/// Times are milliseconds since 1970. Texts that come from a batch are taken as bytes and must be UTF-8.
package struct InternalEventWriter: Sendable {
    /// Where a written event stands in the buffer.
    package struct Record: Sendable, BitwiseCopyable {
        /// The user id, for the key on the log.
        package var key: Slice
        package var value: Slice
    }

    /// What all events have. Device, session and region may be empty.
    package struct Header {
        package var id: EventID
        package var timestamp: Int64
        package var user: UnsafeRawBufferPointer
        package var device = UnsafeRawBufferPointer(start: nil, count: 0)
        package var session = UnsafeRawBufferPointer(start: nil, count: 0)
        package var region = UnsafeRawBufferPointer(start: nil, count: 0)

        package init(id: EventID, timestamp: Int64, user: UnsafeRawBufferPointer) {
            self.id = id
            self.timestamp = timestamp
            self.user = user
        }
    }

    private let schemaIDs: [EventType: Int32]
    /// The fields that each type is written with behind the common ones; `init` holds them against the schemas.
    static let fieldNames: [EventType: [StaticString]] = [
        .userErased: ["recent_ids", "source_offsets"],
        .definitionsChanged: ["version"],
        .erasedResidue: ["outcome", "bucket", "effects"],
        .abTestAssignment: ["test_id", "variant_id", "title_id", "segment", "propensity"],
        .attributionImpression: ["test_id", "variant_id", "source_offset"],
        .attributionPlay: ["test_id", "source_offset"],
        .attributionAssignment: ["test_id", "variant_id", "segment", "source_offset"],
        .deadLetter: ["source_topic", "source_partition", "source_offset", "reason", "detail", "value"],
    ]

    /// `schemaIDs` names the schemas on the log, as the registry gave them. Throws where a schema is not what this writer writes.
    package init(schemas: EventSchemas, schemaIDs: [EventType: Int32]) throws(EventError) {
        for (type, names) in Self.fieldNames {
            try schemas.check(type, writtenAs: names)
            guard schemaIDs[type] != nil else {
                throw EventError("Writing internal events: \(type.rawValue) has no schema id; register its schema first.")
            }
        }
        self.schemaIDs = schemaIDs
    }

    /// The erasure of a viewer; for `attribution_events` with the offsets at which it stands on `impression_events`, `play_events` and
    /// `experiment_events`. `recentIDs`: what an archive adds that has dropped the viewer's earlier events.
    package func userErased(
        _ header: Header, recentIDs: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0), sourceOffsets: [Int64] = [],
        into output: inout [UInt8]
    ) -> Record {
        write(.userErased, header, into: &output) { output in
            AvroWriter.bytes(recentIDs, into: &output)
            if !sourceOffsets.isEmpty { AvroWriter.long(Int64(sourceOffsets.count), into: &output) }
            for offset in sourceOffsets { AvroWriter.long(offset, into: &output) }
            AvroWriter.long(0, into: &output)
        }
    }

    /// The definition that takes effect where the record stands. The header's user is empty.
    package func definitionsChanged(_ header: Header, version: Int64, into output: inout [UInt8]) -> Record {
        write(.definitionsChanged, header, into: &output) { AvroWriter.long(version, into: &$0) }
    }

    /// What is left of a record whose viewer was erased later. The header's user is empty, its time the record's.
    package func erasedResidue(
        _ header: Header, outcome: StaticString, bucket: Int32, effects: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) -> Record {
        write(.erasedResidue, header, into: &output) { output in
            AvroWriter.bytes(UnsafeRawBufferPointer(start: outcome.utf8Start, count: outcome.utf8CodeUnitCount), into: &output)
            AvroWriter.long(Int64(bucket), into: &output)
            AvroWriter.bytes(effects, into: &output)
        }
    }

    /// A viewer's assignment to a variant of a test, with the probability it had. Without title or segment they are null.
    package func abTestAssignment(
        _ header: Header, test: UnsafeRawBufferPointer, variant: UnsafeRawBufferPointer, title: UnsafeRawBufferPointer?,
        segment: UnsafeRawBufferPointer?, propensity: Double, into output: inout [UInt8]
    ) -> Record {
        write(.abTestAssignment, header, into: &output) { output in
            AvroWriter.bytes(test, into: &output)
            AvroWriter.bytes(variant, into: &output)
            Self.optional(title, into: &output)
            Self.optional(segment, into: &output)
            AvroWriter.double(propensity, into: &output)
        }
    }

    /// The artwork of a title under test was seen; `sourceOffset`, as in all that is forwarded, is that of the record that says so.
    package func attributionImpression(
        _ header: Header, test: UnsafeRawBufferPointer, variant: UnsafeRawBufferPointer, sourceOffset: Int64, into output: inout [UInt8]
    ) -> Record {
        write(.attributionImpression, header, into: &output) { output in
            AvroWriter.bytes(test, into: &output)
            AvroWriter.bytes(variant, into: &output)
            AvroWriter.long(sourceOffset, into: &output)
        }
    }

    /// A qualified play of a title under test.
    package func attributionPlay(
        _ header: Header, test: UnsafeRawBufferPointer, sourceOffset: Int64, into output: inout [UInt8]
    ) -> Record {
        write(.attributionPlay, header, into: &output) { output in
            AvroWriter.bytes(test, into: &output)
            AvroWriter.long(sourceOffset, into: &output)
        }
    }

    /// A viewer's assignment, with the segment that is frozen from here on.
    package func attributionAssignment(
        _ header: Header, test: UnsafeRawBufferPointer, variant: UnsafeRawBufferPointer, segment: UnsafeRawBufferPointer,
        sourceOffset: Int64, into output: inout [UInt8]
    ) -> Record {
        write(.attributionAssignment, header, into: &output) { output in
            AvroWriter.bytes(test, into: &output)
            AvroWriter.bytes(variant, into: &output)
            AvroWriter.bytes(segment, into: &output)
            AvroWriter.long(sourceOffset, into: &output)
        }
    }

    /// A record that could not be used. The header's user is the record's key where that is UTF-8, otherwise empty; its time is now.
    package func deadLetter(
        _ header: Header, source: Topic, partition: Int32, offset: Int64, reason: StaticString, detail: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) -> Record {
        let reason = UnsafeRawBufferPointer(start: reason.utf8Start, count: reason.utf8CodeUnitCount)
        return deadLetter(
            header, source: source, partition: partition, offset: offset, reason: reason, detail: detail, value: value, into: &output)
    }

    /// The same with a reason that is made up of bytes.
    package func deadLetter(
        _ header: Header, source: Topic, partition: Int32, offset: Int64, reason: UnsafeRawBufferPointer, detail: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) -> Record {
        write(.deadLetter, header, into: &output) { output in
            AvroWriter.string(source.name, into: &output)
            AvroWriter.long(Int64(partition), into: &output)
            AvroWriter.long(offset, into: &output)
            AvroWriter.bytes(reason, into: &output)
            AvroWriter.bytes(detail, into: &output)
            AvroWriter.bytes(value, into: &output)
        }
    }

    private static func optional(_ text: UnsafeRawBufferPointer?, into output: inout [UInt8]) {
        AvroWriter.long(text == nil ? 0 : 1, into: &output)
        if let text { AvroWriter.bytes(text, into: &output) }
    }

    private func write(_ type: EventType, _ header: Header, into output: inout [UInt8], _ fields: (inout [UInt8]) -> Void) -> Record {
        guard let schemaID = schemaIDs[type] else { preconditionFailure("checked by init") }
        let start = output.count
        output.append(0)
        withUnsafeBytes(of: schemaID.bigEndian) { output.append(contentsOf: $0) }
        AvroWriter.long(36, into: &output)
        header.id.append(to: &output)
        AvroWriter.string(type.rawValue, into: &output)
        AvroWriter.bytes(header.user, into: &output)
        let key = Slice(offset: output.count - header.user.count, count: header.user.count)
        AvroWriter.bytes(header.device, into: &output)
        AvroWriter.bytes(header.session, into: &output)
        AvroWriter.long(header.timestamp, into: &output)
        AvroWriter.bytes(header.region, into: &output)
        fields(&output)
        return Record(key: key, value: Slice(offset: start, count: output.count - start))
    }
}
