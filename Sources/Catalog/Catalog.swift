package import Features

/// The catalogue as jobs and serving hold it in memory: an immutable snapshot, replaced as a whole when a title changes.
package struct Catalog: Sendable {
    /// Raised by each change.
    package let version: Int64
    package let titles: [Title]
    /// Genre names by `GenreID.raw` (index 0 is empty).
    package let genreNames: [String]
    private let indices: [TitleID: Int]
    private let names: NameTable
    private let indexOfName: [Int32]
    /// The genres of all titles one after the other, and where each title's end.
    @usableFromInline let genreColumn: [GenreID]
    @usableFromInline let genreEnds: [Int32]

    package init(version: Int64, titles: [Title], genreNames: [String]) {
        self.version = version
        self.titles = titles
        self.genreNames = genreNames.isEmpty ? [""] : genreNames
        var indices: [TitleID: Int] = [:]
        var names = NameTable(capacity: max(titles.count, 16))
        var indexOfName: [Int32] = [-1]
        for (index, title) in titles.enumerated() {
            indices[title.id] = index
            let name = names.intern(title.id.description)
            if Int(name.raw) == indexOfName.count { indexOfName.append(Int32(index)) } else { indexOfName[Int(name.raw)] = Int32(index) }
        }
        self.indices = indices
        self.names = names
        self.indexOfName = indexOfName
        genreColumn = titles.flatMap(\.genres)
        genreEnds = titles.reduce(into: []) { $0.append(($0.last ?? 0) + Int32($1.genres.count)) }
    }

    /// The places of a title's genres, for `genre(at:)`: what `titles[index].genres` says, without touching the title.
    @inlinable @inline(__always)
    package func genrePlaces(of title: Int) -> Range<Int> {
        (title == 0 ? 0 : Int(genreEnds[title - 1]))..<Int(genreEnds[title])
    }

    @inlinable @inline(__always)
    package func genre(at place: Int) -> GenreID { genreColumn[place] }

    /// Where the title stands in `titles`.
    package func index(of id: TitleID) -> Int? { indices[id] }

    /// The same by the id's bytes, without making a `String`.
    package func index(ofBytes bytes: UnsafeRawBufferPointer) -> Int? {
        guard let name = names.find(bytes), !name.isNone else { return nil }
        return Int(indexOfName[Int(name.raw)])
    }

    package func genreName(_ genre: GenreID) -> String {
        Int(genre.raw) < genreNames.count ? genreNames[Int(genre.raw)] : "genre \(genre.raw)"
    }
}
