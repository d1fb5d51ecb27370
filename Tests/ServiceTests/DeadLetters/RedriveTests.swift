import EventLog
import Events
import Foundation
import TestSupport
import Testing

@testable import Service

@Suite struct RedriveTests {
    @Test func goodLettersGoBackWithTheirOwnBytesOnce() async throws {
        let box = try await LetterBox()
        let value = try box.search("q", of: "ann")
        _ = try await box.bury(key: "ann", value: value, copies: 2)
        #expect(try await box.plan().readyCount == 1)
        #expect(try await box.redrive() == 1)
        #expect(try await box.redrive() == 0)
        #expect(try await box.plan().doneCount == 1)
        #expect(try await box.values(of: "ann") == [value, value])
        await box.close()
    }

    @Test func intentWithoutAnAppendIsCarriedOut() async throws {
        let box = try await LetterBox()
        let value = try box.search("q", of: "ann")
        try box.noteIntent(try await box.bury(key: "ann", value: value))
        #expect(try await box.redrive() == 1)
        #expect(try await box.values(of: "ann") == [value, value])
        await box.close()
    }

    @Test func intentWithAnAppendIsNotCarriedOutAgain() async throws {
        let box = try await LetterBox()
        let value = try box.search("q", of: "ann")
        try box.noteIntent(try await box.bury(key: "ann", value: value))
        try await box.append(.search, key: "ann", value: value)
        try await box.append(.search, key: "ann", value: try box.search("later", of: "ann"))
        #expect(try await box.plan().againCount == 1)
        #expect(try await box.redrive() == 0)
        #expect(try await box.values(of: "ann").count == 3)
        #expect(try await box.plan().doneCount == 1)
        await box.close()
    }

    @Test func equalLettersOfARetryingProducerGoBackOnce() async throws {
        let box = try await LetterBox()
        let value = try box.search("q", of: "ann")
        for _ in 0..<3 { _ = try await box.bury(key: "ann", value: value) }
        #expect(try await box.redrive() == 1)
        #expect(try await box.redrive() == 0)
        #expect(try await box.values(of: "ann").count == 4)
        await box.close()
    }

    @Test func erasedViewersDoNotComeBack() async throws {
        let box = try await LetterBox()
        let before = try await box.bury(key: "ann", value: try box.search("before", of: "ann"))
        _ = try await box.bury(key: "bob", value: try box.search("of another", of: "bob"))
        try await box.erase("ann")
        let after = try box.search("after", of: "ann")
        _ = try await box.bury(key: "ann", value: after)
        #expect(try await box.plan().erasedCount == 1)
        #expect(try await box.redrive() == 2)
        let values = try await box.values(of: "ann")
        #expect(values.last == after && values.count == 4)
        #expect(try box.letters.redriven()[before]?.state == .erased)
        await box.close()
    }

    /// The erasure comes after the log was looked at: the record is put back behind it, and must not stay.
    @Test func aViewerErasedMeanwhileIsErasedAgainOnAllTopics() async throws {
        let box = try await LetterBox()
        for user in ["ann", "bob"] { _ = try await box.bury(key: user, value: try box.search("q", of: user)) }
        let plan = try await box.plan()
        try await box.erase("ann")
        #expect(try await box.carryOut(plan) == 2)
        #expect(try await box.values(of: "ann").map(box.isErasure) == [false, true, false, true])
        #expect(try await box.values(of: "bob").map(box.isErasure) == [false, false])
        for topic in Topic.allCases where topic.hasJob && topic != .search {
            #expect(try await box.values(of: "ann", on: topic).map(box.isErasure) == [true])
            #expect(try await box.values(of: "bob", on: topic).isEmpty)
        }
        #expect(try await box.redrive() == 0)
        #expect(try await box.values(of: "ann").count == 4)
        await box.close()
    }

    /// What a redrive leaves that is killed between its append and the look for erasures.
    @Test func whomARedriveThatWasCutShortBroughtBackIsErasedAgainOnce() async throws {
        for isErasedBehind in [false, true] {
            let box = try await LetterBox()
            let value = try box.search("q", of: "ann")
            let origin = try await box.bury(key: "ann", value: value)
            try box.noteIntent(origin)
            try await box.erase("ann")
            try await box.append(.search, key: "ann", value: value)
            if isErasedBehind { try await box.erase("ann") }
            for _ in 0..<2 {
                #expect(try await box.redrive() == 0)
                #expect(try await box.values(of: "ann").map(box.isErasure) == [false, true, false, true])
            }
            #expect(try box.letters.redriven()[origin]?.state == .erased)
            await box.close()
        }
    }

    @Test func whatFailsStillStaysWithItsReason() async throws {
        let box = try await LetterBox()
        let stranger = try await box.bury(key: "eve", value: try box.search("q", of: "ann"), reason: "key_mismatch")
        let keyless = try await box.bury(key: "", value: try box.search("q", of: "ann"), reason: "bad_value")
        let foreign = try await box.bury(key: "ann", value: Array("no event".utf8), reason: "undecodable")
        let unknown = try await box.bury(key: "ann", value: [0, 0, 0, 99, 99, 1])
        let plan = try await box.plan()
        let reasons = Dictionary(uniqueKeysWithValues: plan.left.map { ($0.letter, $0.reason) })
        func place(_ origin: LogPosition) -> String { "\(origin.topic.name)/\(origin.partition)/\(origin.offset)" }
        #expect(plan.readyCount == 0 && plan.leftCount == 4)
        #expect(reasons[place(stranger)] == "key_mismatch" && reasons[place(keyless)] == "bad_value")
        #expect(reasons[place(foreign)] == "foreign_format" && reasons[place(unknown)] == "unknown_schema")
        #expect(plan.left.first { $0.letter == place(stranger) }?.detail.contains("`eve`") == true)
        await box.close()
    }

    @Test func filtersTakeOnlyWhatTheyName() async throws {
        let box = try await LetterBox()
        let first = try await box.bury(key: "ann", value: try box.search("q", of: "ann"))
        _ = try await box.bury(key: "bob", value: try box.search("q", of: "bob"), reason: "key_mismatch")
        var filter = DeadLetters.Filter()
        filter.reason = "unknown_schema"
        #expect(try await box.plan(filter).readyCount == 1)
        filter.reason = nil
        filter.names = ["search_events/\(first.partition)/\(first.offset)"]
        #expect(try await box.plan(filter).ready.map(\.letter.origin) == [first])
        filter.names = [EventID(topic: .search, partition: first.partition, offset: first.offset).text]
        #expect(try await box.plan(filter).ready.map(\.letter.origin) == [first])
        filter.topic = .play
        #expect(try await box.plan(filter).readyCount == 0)
        await box.close()
    }

    /// The gateway would refuse such an event; a foreign producer's is given the id of its place on the log.
    @Test func eventWithoutAUsableIDGetsTheOneOfItsPlace() async throws {
        let box = try await LetterBox()
        var value = try box.search("q", of: "ann", id: "00000000-0000-0000-0000-000000000000")
        value.replaceSubrange(6..<42, with: Array("order number 17, whatever that means".utf8))
        let origin = try await box.bury(key: "ann", value: value, reason: "undecodable")
        #expect(try await box.redrive() == 1)
        #expect(try await box.redrive() == 0)
        let id = EventID(topic: .search, partition: origin.partition, offset: origin.offset).text
        #expect(try await box.values(of: "ann") == [value, try box.search("q", of: "ann", id: id)])
        await box.close()
    }

    @Test func namesTheFieldThatIsWrong() async throws {
        let box = try await LetterBox()
        var value = try box.search("q", of: "ann")
        value[value.count - 1] = 5  // results_count is the last field: -3
        _ = try await box.bury(key: "ann", value: value, reason: "undecodable")
        let views = try await box.views()
        #expect(views.map(\.refusedNow) == ["out_of_range"])
        #expect(views.first?.problems.map(\.path) == ["$.results_count"] && views.first?.problems.first?.found == "-3")
        #expect(views.first?.event?.contains("\"results_count\":-3") == true)
        await box.close()
    }

    @Test func namesTheByteThatIsWrong() async throws {
        let box = try await LetterBox()
        let value = try box.search("q", of: "ann")
        var withoutUTF8 = value
        withoutUTF8[6] = 0xff
        for value in [Array(value.dropLast()), value + [0], withoutUTF8, Array("{}".utf8), []] {
            _ = try await box.bury(key: "ann", value: value, reason: "undecodable")
        }
        let views = try await box.views()
        #expect(
            views.map(\.refusedNow) == ["malformed_avro", "malformed_avro", "invalid_event_id", "foreign_format", "foreign_format"])
        let details = views.map { $0.refusedDetail ?? "" }
        #expect(details[0].hasSuffix("$.results_count: expected an int before byte \(value.count - 1)"), "\(details[0])")
        #expect(details[1] == "it goes on at byte \(value.count), where its writer's schema ends")
        #expect(details[2].hasSuffix("$.event_id: the string at byte 6 is not UTF-8"), "\(details[2])")
        #expect(details[3].hasPrefix("the value begins with the bytes 7b 7d;") && details[4].hasPrefix("the value is empty;"))
        await box.close()
    }
}
