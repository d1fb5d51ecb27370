import Catalog
import Foundation
import Service
import TestSupport
import Testing

@Suite struct MovieLensImportTests {
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let movies = """
            movieId,title,genres\r
            1,Toy Story (1995),Adventure|Animation\r
            11,"American President, The (1995)",Comedy|Drama\r
            7,"He said ""Yes"" (2001) ",(no genres listed)\r
            8,No Year,Drama\r

            """
        let ratings = "userId,movieId,rating,timestamp\n2,11,2.5,200\n1,1,4.0,100\n1,7,0.5,300\n"
        try Data(movies.utf8).write(to: folder.url.appendingPathComponent("movies.csv"))
        try Data(ratings.utf8).write(to: folder.url.appendingPathComponent("ratings.csv"))
        return folder
    }

    private func events(_ source: MovieLensImport) throws -> [[String: Any]] {
        var source = source
        var bytes: [UInt8] = []
        while source.next(3, into: &bytes) > 0 {}
        return try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func titlesKeepCommasQuotesYearsAndGenres() throws {
        let folder = try folder()
        let titles = try MovieLensImport(folder: folder.url).document.titles
        #expect(titles.map(\.titleID) == ["ml-1", "ml-11", "ml-7", "ml-8"])
        #expect(titles.map(\.name) == ["Toy Story", "American President, The", "He said \"Yes\"", "No Year"])
        #expect(titles.map(\.year) == [1995, 1995, 2001, 0])
        #expect(titles.map(\.artworks) == [["ml-1-a"], ["ml-11-a"], ["ml-7-a"], ["ml-8-a"]])
        #expect(titles.map(\.genres) == [["Adventure", "Animation"], ["Comedy", "Drama"], [], ["Drama"]])
    }

    @Test func ratingsBecomePlaysInOrderOfTime() throws {
        let folder = try folder()
        let source = try MovieLensImport(folder: folder.url)
        let events = try events(source)
        #expect(events.count == source.eventCount)
        #expect(events.map { $0["user_id"] as? String } == ["ml-1", "ml-1", "ml-2", "ml-2", "ml-1", "ml-1"])
        #expect(
            events.map { $0["event_type"] as? String } == ["play_start", "play_stop", "play_start", "play_stop", "play_start", "play_stop"])
        #expect(events.compactMap { ($0["watched_ms"] as? NSNumber)?.int64Value } == [6_000_000, 3_000_000, 300_000])
        #expect((events[2]["timestamp"] as? NSNumber)?.int64Value == 200_000)
        #expect(Set(events.compactMap { ($0["event_id"] as? String).flatMap(UUID.init) }).count == 6)
    }

    @Test func shiftMovesTheLastEventToNow() throws {
        let folder = try folder()
        var source = try MovieLensImport(folder: folder.url)
        let before = try events(source).compactMap { ($0["timestamp"] as? NSNumber)?.int64Value }
        source.shift(toEndAt: 1_763_860_000_000)
        let after = try events(source).compactMap { ($0["timestamp"] as? NSNumber)?.int64Value }
        #expect(after.max() == 1_763_860_000_000)
        #expect(zip(before, after).allSatisfy { $1 - $0 == after[0] - before[0] })
    }

    @Test func secondImportGivesTheSameEventIDs() throws {
        let folder = try folder()
        let source = try MovieLensImport(folder: folder.url)
        let ids = try events(source).compactMap { $0["event_id"] as? String }
        var shifted = source
        shifted.shift(toEndAt: 1_763_860_000_000)
        let again = try events(shifted).compactMap { $0["event_id"] as? String }
        #expect(ids == again)
    }

    @Test func missingFolderAndBrokenLineAreNamed() throws {
        let folder = try folder()
        let missing = #expect(throws: MovieLensError.self) { try MovieLensImport(folder: folder.url.appendingPathComponent("none")) }
        #expect(missing?.description.contains("movies.csv") == true)
        try Data("userId,movieId,rating,timestamp\n1,1,great,100\n".utf8).write(to: folder.url.appendingPathComponent("ratings.csv"))
        let broken = #expect(throws: MovieLensError.self) { try MovieLensImport(folder: folder.url) }
        #expect(broken?.description.contains("line 2") == true)
    }
}
