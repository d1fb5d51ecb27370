// hot path
import Catalog
import Events
import Features

/// Longest text that becomes a name (an id, a code, a query), bytes; longer ids are refused, longer queries cut.
let nameByteCountMax = 128

/// A thumbnail test of the settings, its texts as names of the partition.
struct TestNames: Sendable {
    struct Variant: Sendable, BitwiseCopyable {
        var variant: Name
        var artwork: Name
    }

    var test: Name
    var title: Name
    var variants: [Variant]
}

extension JobContext {
    /// The name of an id in the event: `.none` where it is absent, nil where it is too long to be one.
    mutating func id(_ slice: Slice, _ bytes: UnsafeRawBufferPointer) -> Name? {
        guard slice.count <= nameByteCountMax else { return nil }
        return names.intern(UnsafeRawBufferPointer(rebasing: bytes[slice.range]))
    }

    /// The same for an id that must be there.
    mutating func requiredID(_ slice: Slice, _ bytes: UnsafeRawBufferPointer) -> Name? {
        slice.isEmpty ? nil : id(slice, bytes)
    }

    /// The name of a free text, cut to `nameByteCountMax` bytes, never within a character.
    mutating func text(_ slice: Slice, _ bytes: UnsafeRawBufferPointer) -> Name {
        var range = slice.range
        if range.count > nameByteCountMax {
            range = range.lowerBound..<range.lowerBound + nameByteCountMax
            while !range.isEmpty && bytes[range.upperBound] & 0xc0 == 0x80 { range = range.lowerBound..<range.upperBound - 1 }
        }
        return names.intern(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    /// Where a title stands in the catalogue, nil where it does not have it.
    mutating func catalogIndex(of title: Name) -> Int? {
        while catalogIndices.count <= Int(title.raw) { catalogIndices.append(notLookedUp) }
        if catalogIndices[Int(title.raw)] == notLookedUp {
            let found = names.withBytes(title) { catalog.index(ofBytes: $0) }
            catalogIndices[Int(title.raw)] = Int32(found ?? -1)
        }
        let index = catalogIndices[Int(title.raw)]
        return index < 0 ? nil : Int(index)
    }

    /// The running time that the catalogue tells, milliseconds; 0 where it tells none.
    mutating func runtimeMilliseconds(of title: Name) -> Int64 {
        catalogIndex(of: title).map { catalog.titles[$0].runtimeMilliseconds } ?? 0
    }

    /// Interns the settings' tests where that has not been done.
    mutating func prepareTests() {
        if tests != nil { return }
        var prepared: [TestNames] = []
        for test in settings.tests {
            var entry = TestNames(test: names.intern(test.id.description), title: names.intern(test.title.description), variants: [])
            for variant in test.variants {
                entry.variants.append(
                    TestNames.Variant(
                        variant: names.intern(variant.id.description), artwork: names.intern(variant.artwork.description)))
            }
            prepared.append(entry)
        }
        tests = prepared
    }
}

/// Stands in `catalogIndices` for a name that was not looked up yet.
private let notLookedUp = Int32(-2)

extension TasteWindows {
    /// Adds a signal's weight (thousandths) to the genres of a title, split evenly: each gets weight / number of genres, the
    /// remainder of the integer division is dropped. A title that the catalogue does not have changes nothing.
    mutating func add(title: Name, weight: Int64, at: Int64, in context: inout JobContext) {
        guard let index = context.catalogIndex(of: title) else { return }
        let places = context.catalog.genrePlaces(of: index)
        guard !places.isEmpty else { return }
        let share = weight / Int64(places.count)
        for place in places { add(genre: context.catalog.genre(at: place), weight: share, at: at) }
    }
}
