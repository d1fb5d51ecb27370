import Catalog
import Features
import Foundation

/// Finds titles by the words of their names and genres: a sorted list of words, each with the titles that have it.
final class TitleSearch: Sendable {
    /// A query's word finds longer words that begin with it from this many characters on.
    private static let prefixCountMin = 3
    private static let wordCountMax = 8

    /// A query's words as the places of the words that each finds.
    struct Query: Sendable {
        fileprivate var places: [Range<Int32>] = []
    }

    /// How well a title fits a query; 0…1.
    struct Match: Sendable, BitwiseCopyable {
        var title: Int32
        /// The last word of the query that it fits.
        var word: Int32 = 0
        var share: Float
    }

    /// The words as UTF-8, in the order of their bytes: word w is `wordBytes[wordStarts[w]..<wordStarts[w + 1]]`.
    private let wordBytes: [UInt8]
    private let wordStarts: [Int32]
    /// Titles with the word in their name, and with it in a genre's, by word.
    private let named: [[Int32]]
    private let ofGenre: [[Int32]]
    /// Places of the words of a title's name and of its genres: `namePlaces[nameStarts[i]..<nameStarts[i + 1]]`.
    private let namePlaces: [Int32]
    private let nameStarts: [Int32]
    private let genrePlaces: [Int32]
    private let genreStarts: [Int32]

    init(_ catalog: Catalog) {
        let genreWords = catalog.genreNames.map(Self.words)
        let ofNames = catalog.titles.map { Set(Self.words($0.name)) }
        let ofGenres = catalog.titles.map { title in
            Set(title.genres.flatMap { Int($0.raw) < genreWords.count ? genreWords[Int($0.raw)] : [] })
        }
        var postings: [String: (named: [Int32], ofGenre: [Int32])] = [:]
        for index in catalog.titles.indices {
            for word in ofNames[index] { postings[word, default: ([], [])].named.append(Int32(index)) }
            for word in ofGenres[index] { postings[word, default: ([], [])].ofGenre.append(Int32(index)) }
        }
        let sorted = postings.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        wordBytes = sorted.flatMap { Array($0.key.utf8) }
        wordStarts = sorted.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int32($1.key.utf8.count)) }
        named = sorted.map(\.value.named)
        ofGenre = sorted.map(\.value.ofGenre)
        let places = Dictionary(uniqueKeysWithValues: zip(sorted.map(\.key), Int32(0)...))
        (namePlaces, nameStarts) = Self.flat(ofNames, places)
        (genrePlaces, genreStarts) = Self.flat(ofGenres, places)
    }

    private static func flat(_ words: [Set<String>], _ places: [String: Int32]) -> (places: [Int32], starts: [Int32]) {
        var (found, starts): ([Int32], [Int32]) = ([], [0])
        for words in words {
            found += words.compactMap { places[$0] }
            starts.append(Int32(found.count))
        }
        return (found, starts)
    }

    func query(_ text: String) -> Query {
        var query = Query()
        query.places.reserveCapacity(Self.wordCountMax)
        Self.forEachWord(of: text) { word in
            if query.places.count < Self.wordCountMax { query.places.append(places(of: word)) }
        }
        return query
    }

    /// The share of the query's words that the title's name has, a genre's word counting half.
    func share(of title: Int, _ query: Query) -> Float {
        let names = namePlaces[Int(nameStarts[title])..<Int(nameStarts[title + 1])]
        let genres = genrePlaces[Int(genreStarts[title])..<Int(genreStarts[title + 1])]
        var share: Float = 0
        for places in query.places {
            if names.contains(where: { places.contains($0) }) {
                share += 1 / Float(query.places.count)
            } else if genres.contains(where: { places.contains($0) }) {
                share += 0.5 / Float(query.places.count)
            }
        }
        return share
    }

    /// All titles that fit the query, in no order.
    func matches(_ query: Query) -> [Match] {
        var found: [Match] = []
        let listedCount = query.places.joined().reduce(0) { $0 + named[Int($1)].count + ofGenre[Int($1)].count }
        found.reserveCapacity(min(listedCount, nameStarts.count - 1))
        var places = TitlePlaces(titleCount: nameStarts.count)
        let share = 1 / Float(max(query.places.count, 1))
        let halfShare = 0.5 / Float(max(query.places.count, 1))
        for (word, range) in query.places.enumerated() {
            let marker = Int32(word)
            func add(_ titles: [Int32], _ share: Float) {
                for title in titles {
                    guard let place = places[Int(title)] else {
                        places.set(Int(title), found.count)
                        found.append(Match(title: title, word: marker, share: share))
                        continue
                    }
                    if found[place].word == marker { continue }
                    found[place].share += share
                    found[place].word = marker
                }
            }
            // Names before genres: what the name has counts whole.
            for place in range { add(named[Int(place)], share) }
            for place in range { add(ofGenre[Int(place)], halfShare) }
        }
        return found
    }

    /// Words in small letters without accents; everything else parts them.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        forEachWord(of: text) { words.append(String(decoding: $0, as: UTF8.self)) }
        return words
    }

    /// The same as UTF-8, without a text for each.
    private static func forEachWord(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var text = text
        let isASCII = text.withUTF8 { bytes in
            guard bytes.allSatisfy({ $0 < 128 }) else { return false }
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { small in
                var start = 0
                for (place, byte) in bytes.enumerated() {
                    small[place] = 65...90 ~= byte ? byte | 32 : byte
                    if isLetterOrDigit(byte) { continue }
                    if start < place { body(UnsafeBufferPointer(rebasing: small[start..<place])) }
                    start = place + 1
                }
                if start < bytes.count { body(UnsafeBufferPointer(rebasing: small[start..<bytes.count])) }
            }
            return true
        }
        if isASCII { return }
        let folded = text.folding(options: .diacriticInsensitive, locale: nil).lowercased().precomposedStringWithCanonicalMapping
        for word in folded.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            var word = String(word)
            word.withUTF8(body)
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte
    }

    private func places(of word: UnsafeBufferPointer<UInt8>) -> Range<Int32> {
        var low = 0
        var high = wordStarts.count - 1
        while low < high {
            let middle = (low + high) / 2
            if isWord(at: middle, { $0.lexicographicallyPrecedes(word) }) { low = middle + 1 } else { high = middle }
        }
        // Bytes that begin a character.
        let takesLonger = word.count { $0 & 0xc0 != 0x80 } >= Self.prefixCountMin
        var end = low
        while end < wordStarts.count - 1, isWord(at: end, { takesLonger ? $0.starts(with: word) : $0.elementsEqual(word) }) { end += 1 }
        return Int32(low)..<Int32(end)
    }

    private func isWord(at place: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        wordBytes.withUnsafeBufferPointer { bytes in
            body(UnsafeBufferPointer(rebasing: bytes[Int(wordStarts[place])..<Int(wordStarts[place + 1])]))
        }
    }
}
