import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// SIGTERM while events are being posted: what was acknowledged is kept, and counted once.
    @Suite struct StopTests {
        /// What the server has said of the events posted.
        private actor Verdicts {
            private(set) var acceptedIDs: Set<String> = []
            private(set) var sentCount = 0

            func send(_ count: Int) { sentCount += count }
            func accept(_ ids: [String]) { acceptedIDs.formUnion(ids) }
        }

        private static let posterCount = 8

        private func batch(_ poster: Int, _ number: Int) -> [(id: String, text: String)] {
            (0..<40).map { place in
                let (id, user) = (UUID(), "viewer-\(poster)-\(place % 5)")
                let text =
                    place.isMultiple(of: 2)
                    ? EventText.event("title_rated", of: user, "\"title_id\":\"sintel\",\"rating\":4", id: id)
                    : EventText.event("search_query", of: user, "\"query\":\"dragons \(number)\",\"results_count\":3", id: id)
                return (id.uuidString.lowercased(), text)
            }
        }

        /// Posts one batch after the other until the server does not take one any more.
        private func post(_ poster: Int, to server: RunningServer, _ verdicts: Verdicts) async throws {
            for number in 0... {
                let events = batch(poster, number)
                await verdicts.send(events.count)
                let answer: Answer
                do {
                    answer = try await server.send("POST", "/v1/events", "[\(events.map(\.text).joined(separator: ","))]")
                } catch {
                    // Nobody there any more; what became of the batch was not said.
                    return
                }
                let posted = try answer.decoded(Contract.Posted.self)
                await verdicts.accept(zip(events, posted.events).filter { $1.status == "accepted" }.map(\.0.id))
                if answer.status != 202 { return }
            }
        }

        @Test func acknowledgedEventsSurviveAStopInTheMiddle() async throws {
            let first = try await RunningServer.start()
            let verdicts = Verdicts()
            try await withThrowingTaskGroup { group in
                for poster in 0..<Self.posterCount { group.addTask { try await post(poster, to: first, verdicts) } }
                let isUnderWay = await comesTrue { await verdicts.acceptedIDs.count >= 2000 }
                #expect(isUnderWay)
                #expect(try await first.end() == 0)
                try await group.waitForAll()
            }
            let (accepted, sentCount) = (await verdicts.acceptedIDs, await verdicts.sentCount)
            #expect(accepted.count >= 2000 && sentCount > accepted.count)

            let second = try await RunningServer.start(in: first.folder)
            var logged: [String] = []
            for topic in ["search_events", "feedback_events"] { logged += try await LoggedEvent.all(topic, of: second).map(\.eventId) }
            #expect(accepted.isSubset(of: logged))
            // A client may repeat what it has heard nothing of; the features count it once all the same.
            let status = try await second.caughtUp(received: logged.count)
            OutageTests().expectExact(status, received: logged.count, applied: Set(logged).count)
            let verified = try await second.tool("verify")
            #expect(verified.status == 0 && verified.output.contains("all equal"), "\(verified.output)\(verified.errors)")
            #expect(try await second.end() == 0)
        }
    }
}
