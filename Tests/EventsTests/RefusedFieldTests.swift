import Events
import Foundation
import TestSupport
import Testing

/// Wrong events are refused with the path of each wrong field, by name of the fault.
@Suite struct RefusedFieldTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func unknownTypeListsTheKnownOnes() throws {
        for name in [
            "play_begin", "user_erased", "definitions_changed", "erased_residue", "attribution_play", "dead_letter", "PLAY_START", "",
        ] {
            let problem = try fixture.problems(Examples.hidden("event_type", "\"\(name)\"")).first?.first
            #expect(problem?.path == "$.event_type")
            #expect(problem?.code == "unknown_event_type")
            #expect(problem?.found == "\"\(name)\"")
            for type in EventType.allCases { #expect(problem?.message.contains(type.rawValue) == type.isPublic, "\(type)") }
        }
    }

    @Test func missingTypeIsMissing() throws {
        #expect(try fixture.faults(#"{"user_id":"u1","extra":1}"#).contains("$.event_type missing"))
        #expect(try fixture.faults("{}").count == 7)
    }

    @Test func missingFieldsAreNamed() throws {
        #expect(
            try fixture.faults(Examples.event(.playStop, own: #""title_id":"t1""#)) == ["$.position_ms missing", "$.watched_ms missing"])
        let problem = try fixture.problems(Examples.event(.playStop, own: #""title_id":"t1","position_ms":1"#))[0][0]
        #expect(problem.found == "nothing")
        #expect(problem.message == "Add watched_ms: a whole number from 0 to 1000000000000.")
    }

    @Test func extraFieldsAreNamed() throws {
        let faults = try fixture.faults(Examples.event(.titleHidden, own: #""title_id":"t1","color":"red","a b":{"c":[1]},"\u0078":null"#))
        #expect(faults == ["$.color unknown_field", "$[\"a b\"] unknown_field", "$[\"\\u0078\"] unknown_field"])
    }

    @Test func wrongTypesAreNamed() throws {
        let own = #""title_id":7,"position_ms":"1","duration_ms":true,"artwork_id":[],"row_id":{"x":1}"#
        #expect(
            try fixture.faults(Examples.event(.playStart, own: own)) == [
                "$.title_id wrong_type", "$.position_ms wrong_type", "$.duration_ms wrong_type", "$.artwork_id wrong_type",
                "$.row_id wrong_type",
            ])
        #expect(try fixture.faults(Examples.event(.titleHidden, own: #""title_id":null"#)) == ["$.title_id wrong_type"])
        #expect(
            try fixture.faults(Examples.event(.rowImpression, own: #""row_id":"r","title_ids":["a",1,null,"b"]"#)) == [
                "$.title_ids[1] wrong_type", "$.title_ids[2] wrong_type",
            ])
        #expect(try fixture.faults(Examples.hidden("event_type", "3")) == ["$.event_type wrong_type"])
    }

    @Test func duplicateKeysAreRefusedEvenWhenOneIsEscaped() throws {
        #expect(try fixture.faults(Examples.event(.titleHidden, own: #""title_id":"t1","title_id":"t1""#)) == ["$.title_id duplicate_key"])
        #expect(
            try fixture.faults(Examples.event(.titleHidden, own: #""title_id":"t1","title\u005fid":"t2""#)) == ["$.title_id duplicate_key"])
        #expect(
            try fixture.faults(Examples.event(.titleHidden, own: #""title_id":"t1","event_type":"seek""#)) == ["$.event_type duplicate_key"]
        )
    }

    @Test func eventIDsAreUUIDs() throws {
        for text in [
            "", "1", "0190163d-8694-739b-aea5-966c26f8ad9", "0190163d-8694-739b-aea5-966c26f8ad9g", "0190163d_8694-739b-aea5-966c26f8ad91",
            "{0190163d-8694-739b-aea5-966c26f8ad91}", "0190163d8694739baea5966c26f8ad91",
        ] {
            #expect(try fixture.faults(Examples.hidden("event_id", "\"\(text)\"")) == ["$.event_id invalid_uuid"], "\(text)")
        }
        #expect(try fixture.faults(Examples.hidden("event_id", "\"0190163D-8694-739B-AEA5-966C26F8AD91\"")).isEmpty)
    }

    @Test func textsAreBounded() throws {
        func fault(_ field: String, _ count: Int, _ character: String = "x") throws -> [String] {
            try fixture.faults(Examples.hidden(field, "\"\(String(repeating: character, count: count))\""))
        }
        #expect(try fault("user_id", 0) == ["$.user_id empty"])
        #expect(try fault("user_id", 256) == [])
        #expect(try fault("user_id", 129, "ü") == ["$.user_id too_long"])
        #expect(try fault("title_id", 0) == ["$.title_id empty"])
        #expect(try fault("title_id", 128) == [])
        #expect(try fault("title_id", 129) == ["$.title_id too_long"])
        #expect(try fault("region", 9) == ["$.region too_long"])
        #expect(try fault("region", 2, "é") == ["$.region not_ascii"])
        #expect(try fault("device_id", 4096) == [])
        #expect(try fault("device_id", 4097) == ["$.device_id too_long"])
        #expect(try fault("session_id", 1_000_000) == ["$.session_id too_long"])
        let problem = try fixture.problems(Examples.hidden("session_id", "\"\(String(repeating: "é", count: 500_000))\""))[0][0]
        #expect(problem.found.utf8.count < 100)
        #expect(problem.found.contains("1000000 bytes"))
    }

    @Test func listsAreBounded() throws {
        let titles = Array(repeating: "\"t\"", count: 501).joined(separator: ",")
        let faults = try fixture.faults(Examples.event(.rowImpression, own: #""row_id":"r","title_ids":[\#(titles)]"#))
        #expect(faults == ["$.title_ids too_many_elements"])
        #expect(try fixture.faults(Examples.event(.rowImpression, own: #""row_id":"r","title_ids":[""]"#)) == ["$.title_ids[0] empty"])
    }

    @Test func numbersAreBounded() throws {
        func faults(_ type: EventType, _ own: String) throws -> [String] { try fixture.faults(Examples.event(type, own: own)) }
        for (value, code) in [
            ("-1", "out_of_range"), ("1.5", "not_integer"), ("1e300", "out_of_range"), ("99999999999999999999", "out_of_range"),
            ("9223372036854775807", "out_of_range"),
        ] {
            #expect(try faults(.bufferEnd, #""title_id":"t1","stalled_ms":\#(value)"#) == ["$.stalled_ms \(code)"], "\(value)")
        }
        #expect(try faults(.searchQuery, #""query":"q","results_count":2147483648"#) == ["$.results_count out_of_range"])
        #expect(try faults(.searchQuery, #""query":"q","results_count":2147483647"#) == [])
        #expect(try faults(.qualityChange, #""title_id":"t","from_kbps":-1,"to_kbps":-0"#) == ["$.from_kbps out_of_range"])
        for (rating, isGood) in [
            ("0.5", true), ("5", true), ("3.7", true), ("0.49", false), ("5.01", false), ("1e999", false), ("-1", false),
        ] {
            #expect(
                try faults(.titleRated, #""title_id":"t","rating":\#(rating)"#) == (isGood ? [] : ["$.rating out_of_range"]), "\(rating)")
        }
        for (chance, isGood) in [("1", true), ("0.0000001", true), ("0", false), ("1.0000001", false)] {
            let found = try faults(.abTestAssignment, #""test_id":"t","variant_id":"v","propensity":\#(chance)"#)
            #expect(found == (isGood ? [] : ["$.propensity out_of_range"]), "\(chance)")
        }
    }

    @Test func absurdTimestampsAreRefused() throws {
        for (json, code) in [
            ("\(Fixture.now + 300_001)", "timestamp_in_future"), ("\(Fixture.now * 1000)", "timestamp_in_future"),
            ("0", "timestamp_too_old"),
            ("631151999999", "timestamp_too_old"), ("1714566600", "timestamp_too_old"), ("-1", "timestamp_too_old"),
            ("\"yesterday\"", "invalid_timestamp"), ("\"2024-05-01\"", "invalid_timestamp"),
            ("\"2024-02-30T00:00:00Z\"", "invalid_timestamp"),
            ("\"2024-05-01T12:30:00\"", "invalid_timestamp"), ("\"2024-05-01T12:30:00.Z\"", "invalid_timestamp"),
            ("\"2024-05-01T24:30:00Z\"", "invalid_timestamp"), ("\"9999-05-01T12:30:00Z\"", "timestamp_in_future"), ("1.5", "not_integer"),
            ("null", "wrong_type"), ("\"2024-05-01T12:30:00+0200\"", "invalid_timestamp"),
        ] {
            #expect(try fixture.faults(Examples.hidden("timestamp", json)) == ["$.timestamp \(code)"], "\(json)")
        }
        #expect(try fixture.faults(Examples.hidden("timestamp", "\(Fixture.now + 300_000)")).isEmpty)
        #expect(try fixture.faults(Examples.hidden("timestamp", "631152000000")).isEmpty)
    }

    @Test func loneSurrogatesAreRefused() throws {
        for text in [#"\ud83c"#, #"\udf0a"#, #"\ud83c\ud83c"#, #"\ud83cx"#, #"\udf0a\ud83c"#] {
            #expect(try fixture.faults(Examples.hidden("device_id", "\"\(text)\"")) == ["$.device_id lone_surrogate"], "\(text)")
        }
    }

    @Test func allProblemsOfAnEventAreToldUpToSixteen() throws {
        let extras = (0..<40).map { "\"x\($0)\":\($0)" }.joined(separator: ",")
        #expect(try fixture.problems("{\"event_type\":\"seek\",\(extras)}")[0].count == 16)
        let many = (0..<100).map { "\"x\($0)\":\($0)" }.joined(separator: ",")
        #expect(try fixture.faults("{\(many)}").first == "$ too_many_fields")
    }

    @Test func pathsLeadIntoArraysAndLines() throws {
        let good = Examples.event(.titleHidden)
        let bad = Examples.event(.titleHidden, own: "")
        #expect(try fixture.faults("[\(good),\(bad),7,\(good)]") == ["$[1].title_id missing", "$[2] wrong_type"])
        #expect(try fixture.faults("\(good)\n\n\(bad)\n[]\n", .ndjson) == ["line 3: $.title_id missing", "line 4: $ wrong_type"])
        #expect(try fixture.faults("\"event\"") == ["$ wrong_type"])
    }

    @Test func aRefusedEventLeavesNoBytesBetweenItsNeighbours() throws {
        let good = Examples.event(.titleHidden)
        let output = try fixture.encode("[\(Examples.event(.seek, own: #""title_id":"t""#)),\(good),\(good)]")
        #expect(output.verdicts.count == 3)
        #expect(output.values == (try fixture.encode("[\(good),\(good)]").values))
        #expect(output.bytes.count == output.values.joined().count)
    }
}
