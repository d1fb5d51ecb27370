package import Catalog
package import Foundation

/// Turns a MovieLens folder (`ratings.csv`, `movies.csv`) into a catalogue and into play events.
///
/// A rating becomes a `play_start` at its time and a `play_stop`: rated 4 or better, the film was watched to its end; 2.5 to 3.5,
/// half of it; below, five hundredths. Each stop follows its start at once in the stream, which is in order of the starts. Event ids are derived from viewer and film, so that a second import is a repeated delivery.
package struct MovieLensImport: Sendable {
    /// MovieLens tells no running times.
    package static let runtimeMilliseconds: Int64 = 100 * 60_000

    /// One line of `ratings.csv`.
    private struct Rating {
        var user: UInt32
        var film: UInt32
        var tenths: Int32
        /// Milliseconds since 1970.
        var time: Int64
    }

    package let document: CatalogDocument
    package var eventCount: Int { ratings.count * 2 }
    private let ratings: [Rating]
    private var nextRating = 0
    private var shiftMilliseconds: Int64 = 0
    private let region: [UInt8]

    /// Reads the two files of `folder`; the viewers are put into `region`, since MovieLens tells none.
    package init(folder: URL, region: String = "") throws(MovieLensError) {
        document = try MovieLensImport.document(try MovieLensImport.read("movies.csv", in: folder))
        ratings = try MovieLensImport.ratings(try MovieLensImport.read("ratings.csv", in: folder))
        self.region = escapedForJSON(region)
    }

    /// Moves all times so that the last event is at `now`, milliseconds since 1970.
    package mutating func shift(toEndAt now: Int64) {
        guard let last = ratings.map({ $0.time + MovieLensImport.watchedMilliseconds($0) }).max() else { return }
        shiftMilliseconds = now - last
    }

    /// Appends the events of the next ratings, at most `countMax` events, to `bytes`, one line each; answers how many (0: the end).
    package mutating func next(_ countMax: Int, into bytes: inout [UInt8]) -> Int {
        var count = 0
        while count + 2 <= max(2, countMax), nextRating < ratings.count {
            append(ratings[nextRating], to: &bytes)
            nextRating += 1
            count += 2
        }
        return count
    }

    private func append(_ rating: Rating, to bytes: inout [UInt8]) {
        let time = rating.time + shiftMilliseconds
        let watched = MovieLensImport.watchedMilliseconds(rating)
        append("play_start", rating, number: 0, time: time, fields: "\"position_ms\":0", to: &bytes)
        append(
            "play_stop", rating, number: 1, time: time + watched, fields: "\"position_ms\":\(watched),\"watched_ms\":\(watched)", to: &bytes
        )
    }

    private func append(_ type: String, _ rating: Rating, number: UInt64, time: Int64, fields: String, to bytes: inout [UInt8]) {
        let id = MovieLensImport.eventID(user: rating.user, film: rating.film, number: number)
        bytes += Array("{\"event_id\":\"\(id)\",\"event_type\":\"\(type)\",\"timestamp\":\(time),\"user_id\":\"ml-\(rating.user)\"".utf8)
        bytes += Array(",\"device_id\":\"ml-\(rating.user)-1\",\"session_id\":\"ml-\(rating.user)-\(rating.film)\",\"region\":\"".utf8)
        bytes += region
        bytes += Array("\",\"title_id\":\"ml-\(rating.film)\",\(fields),\"duration_ms\":\(MovieLensImport.runtimeMilliseconds)}\n".utf8)
    }

    private static func watchedMilliseconds(_ rating: Rating) -> Int64 {
        switch rating.tenths {
        case 40...: runtimeMilliseconds
        case 25...: runtimeMilliseconds / 2
        default: runtimeMilliseconds / 20
        }
    }

    /// A UUID (version 8, RFC 9562 §5.8: our own content) of viewer, film and which of their two events it is.
    private static func eventID(user: UInt32, film: UInt32, number: UInt64) -> UUID {
        let high = UInt64(user) << 32 | 0x8000
        let low = 0x8000_0000_0000_0000 | number << 32 | UInt64(film)
        func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }
        let all = bytes(high) + bytes(low)
        return all.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    private static func read(_ name: String, in folder: URL) throws(MovieLensError) -> CSVReader {
        let url = folder.appendingPathComponent(name)
        do {
            return CSVReader(try Data(contentsOf: url))
        } catch {
            throw MovieLensError(
                "cannot read \(url.path) (\(error.localizedDescription)); name a folder with MovieLens' ratings.csv and movies.csv")
        }
    }

    private static func ratings(_ reader: CSVReader) throws(MovieLensError) -> [Rating] {
        var reader = reader
        var ratings: [Rating] = []
        try expect(["userId", "movieId", "rating", "timestamp"], reader.nextRow(), in: "ratings.csv")
        while let row = reader.nextRow() {
            guard row.count == 4, let user = UInt32(row[0]), let film = UInt32(row[1]), let stars = Double(row[2]),
                let time = Int64(row[3]),
                (0...5).contains(stars), (0...253_402_300_799).contains(time)
            else { throw MovieLensError("ratings.csv, line \(reader.lineNumber): expected userId,movieId,rating,timestamp, found \(row)") }
            ratings.append(Rating(user: user, film: film, tenths: Int32((stars * 10).rounded()), time: time * 1000))
        }
        ratings.sort { ($0.time, $0.user, $0.film) < ($1.time, $1.user, $1.film) }
        return ratings
    }

    private static func document(_ reader: CSVReader) throws(MovieLensError) -> CatalogDocument {
        var reader = reader
        var document = CatalogDocument()
        try expect(["movieId", "title", "genres"], reader.nextRow(), in: "movies.csv")
        while let row = reader.nextRow() {
            guard row.count == 3, let film = UInt32(row[0]) else {
                throw MovieLensError("movies.csv, line \(reader.lineNumber): expected movieId,title,genres, found \(row)")
            }
            let (name, year) = nameAndYear(row[1])
            var title = TitleJSON(titleID: "ml-\(film)", name: name, runtimeMilliseconds: runtimeMilliseconds)
            title.year = year
            // MovieLens has no pictures; as in our own catalogue, every title has an artwork to show.
            title.artworks = ["\(title.titleID)-a"]
            title.genres = row[2].split(separator: "|").map(String.init).filter { $0 != "(no genres listed)" }
            document.titles.append(title)
        }
        return document
    }

    /// "Toy Story (1995)" is Toy Story of 1995; year 0 where the title tells none.
    static func nameAndYear(_ text: String) -> (name: String, year: Int) {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        guard trimmed.hasSuffix(")"), let open = trimmed.lastIndex(of: "("),
            let year = Int(trimmed[trimmed.index(after: open)...].dropLast()), (1870...2999).contains(year)
        else { return (trimmed, 0) }
        let name = trimmed[..<open].trimmingCharacters(in: .whitespaces)
        return (name.isEmpty ? trimmed : name, year)
    }

    private static func expect(_ header: [String], _ row: [String]?, in file: String) throws(MovieLensError) {
        guard row == header else {
            throw MovieLensError("\(file) begins with \(row ?? []), not \(header); is this a MovieLens folder with CSV files?")
        }
    }
}

/// What is wrong with a MovieLens folder, and what to do.
package struct MovieLensError: Error, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
