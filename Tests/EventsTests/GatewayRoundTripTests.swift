import Events
import Foundation
import TestSupport
import Testing

/// What the gateway writes is what the decoder reads.
@Suite struct GatewayRoundTripTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    /// The event that the one example comes back as, and its bytes.
    private func roundTrip(_ type: EventType, _ json: String? = nil) throws -> (event: Event, bytes: [UInt8]) {
        let output = try fixture.encode(json ?? Examples.event(type))
        guard case .accepted(let topic, let eventID, let key, let value) = output.verdicts.first else {
            Issue.record("\(type) is refused: \(output.verdicts)")
            return (Event(type: type), [])
        }
        #expect(topic == type.topic)
        #expect(eventID.text == Examples.id)
        #expect(output.bytes.text(key) == "u1")
        var event = Event(type: .seek)
        event.partition = 3
        event.offset = 17
        let result = output.bytes.withUnsafeBytes { fixture.decoder().decode($0, value, into: &event) }
        #expect(result == .event)
        #expect(event.partition == 3 && event.offset == 17)
        return (event, output.bytes)
    }

    @Test(arguments: Examples.types)
    func commonFieldsComeBack(_ type: EventType) throws {
        let (event, bytes) = try roundTrip(type)
        #expect(event.type == type)
        #expect(event.id.text == Examples.id)
        #expect(bytes.text(event.user) == "u1")
        #expect(bytes.text(event.device) == "tv")
        #expect(bytes.text(event.session) == "s1")
        #expect(bytes.text(event.region) == "SEA")
        #expect(event.timestamp == Fixture.now - 1000)
        if Examples.own[type]?.contains("\"title_id\":\"t1\"") == true { #expect(bytes.text(event.title) == "t1") }
    }

    @Test func playFieldsComeBack() throws {
        var (event, bytes) = try roundTrip(.playStart)
        #expect(event.positionMilliseconds == 1500 && event.durationMilliseconds == 5_400_000)
        #expect(event.watchedMilliseconds == Event.absent)
        #expect(bytes.text(event.artwork) == "a2" && bytes.text(event.row) == "top-picks")
        (event, bytes) = try roundTrip(.playResume)
        #expect(event.positionMilliseconds == 61_500)
        #expect(event.watchedMilliseconds == Event.absent && event.durationMilliseconds == Event.absent)
        (event, bytes) = try roundTrip(.playStop)
        #expect(event.watchedMilliseconds == 180_000)
        (event, bytes) = try roundTrip(.seek)
        #expect(event.positionMilliseconds == 181_500 && event.number == 240_000)
    }

    @Test func searchAndImpressionFieldsComeBack() throws {
        var (event, bytes) = try roundTrip(.searchQuery)
        #expect(bytes.text(event.text) == "häuser \"am\" Meer 🌊 🌊é\n")
        #expect(event.number == 12)
        (event, bytes) = try roundTrip(.searchResultClick)
        #expect(event.number == 3 && bytes.text(event.title) == "t2")
        (event, bytes) = try roundTrip(.rowImpression)
        #expect(bytes[event.list.range].elementsEqual([6, 4] + Array("t1".utf8) + [4] + Array("t2".utf8) + [6] + Array("tü".utf8) + [0]))
        #expect(event.number == 2 && bytes.text(event.row) == "new")
        (event, bytes) = try roundTrip(.titleHovered)
        #expect(event.number == 800)
        (event, bytes) = try roundTrip(.scrollPosition)
        #expect(event.number == 7 && bytes.text(event.row) == "genre-drama")
        (event, bytes) = try roundTrip(.recommendationShown)
        #expect(event.number == 4 && bytes.text(event.artwork) == "a1")
    }

    @Test func feedbackAndQualityFieldsComeBack() throws {
        var (event, bytes) = try roundTrip(.titleRated)
        #expect(event.value == 4.5)
        (event, bytes) = try roundTrip(.bufferEnd)
        #expect(event.number == 2300)
        (event, bytes) = try roundTrip(.qualityChange)
        #expect(event.throughputKbps == 3000 && event.bitrateKbps == 1200 && bytes.text(event.text) == "throughput")
        (event, bytes) = try roundTrip(.qualitySample)
        #expect(event.bufferMilliseconds == 12_000 && event.throughputKbps == 5400 && event.bitrateKbps == 3000)
        #expect(event.number == 2 && event.flag && event.positionMilliseconds == 90_000)
        #expect(bytes[event.list.range].elementsEqual([6, 0xd8, 0x04, 0xe0, 0x12, 0xf0, 0x2e, 0]))
    }

    @Test func errorAndExperimentFieldsComeBack() throws {
        var (event, bytes) = try roundTrip(.errorOccurred)
        #expect(bytes.text(event.text) == "E42" && bytes.text(event.detail) == "no picture" && event.flag)
        (event, bytes) = try roundTrip(.playbackFailed)
        #expect(bytes.text(event.text) == "DRM" && event.positionMilliseconds == 12)
        (event, bytes) = try roundTrip(.abTestAssignment)
        #expect(bytes.text(event.text) == "poster" && bytes.text(event.detail) == "b" && bytes.text(event.segment) == "drama")
        #expect(event.value == 0.25)
    }

    @Test func leftOutFieldsTakeTheirDefaults() throws {
        let (event, bytes) = try roundTrip(
            .qualitySample, Examples.event(.qualitySample, own: #""title_id":"t1","buffer_ms":1,"throughput_kbps":2,"bitrate_kbps":3"#))
        #expect(event.positionMilliseconds == 0 && event.number == 0 && !event.flag)
        #expect(bytes[event.list.range].elementsEqual([0]))
    }

    @Test func membersMayStandInReverseWithTheTypeLast() throws {
        for type in Examples.types {
            let object = try JSONSerialization.jsonObject(with: Data(Examples.event(type).utf8)) as? [String: Any] ?? [:]
            let members = try object.sorted { $0.key != "event_type" && $1.key == "event_type" || $0.key > $1.key }.map { key, value in
                let text = try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
                return "\"\(key)\" : \(String(decoding: text, as: UTF8.self))"
            }
            let shuffled = try fixture.encode(" {\n" + members.joined(separator: " ,\t") + "} ")
            #expect(shuffled.values == (try fixture.encode(Examples.event(type)).values), "\(type)")
        }
    }

    @Test func timestampsMayBeText() throws {
        for (text, time) in [
            ("2024-05-01T12:29:59.250Z", Fixture.now - 750), ("2024-05-01t14:29:59.2509999+02:00", Fixture.now - 750),
            ("1996-03-29T18:36:55-00:00", 828_124_615_000), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_799_000), ("2024-05-01T12\\u003A30:00Z", Fixture.now),
        ] {
            let (event, _) = try roundTrip(.titleHidden, Examples.hidden("timestamp", "\"\(text)\""))
            #expect(event.timestamp == time, "\(text)")
        }
    }

    @Test func wholeNumbersMayBeWrittenAsDecimals() throws {
        let (event, _) = try roundTrip(
            .playStart, Examples.event(.playStart, own: #""title_id":"t1","position_ms":1.5e3,"duration_ms":2.0"#))
        #expect(event.positionMilliseconds == 1500 && event.durationMilliseconds == 2)
    }

    @Test func oneBodyHoldsManyEvents() throws {
        let events = Examples.types.map { Examples.event($0) }
        let array = try fixture.encode("[" + events.joined(separator: ",\n") + "]")
        let lines = try fixture.encode("\n" + events.joined(separator: "\r\n\n") + "\n", .ndjson)
        let single = try events.flatMap { try fixture.encode($0).values }
        #expect(array.values == single)
        #expect(lines.values == single)
        #expect(single.count == 23)
    }
}
