// hot path
package import Catalog
import Features
import NIOCore

/// What every answer says of a title in the same words, as JSON made once a catalogue: `{"title_id":…,"name":…,"score":` and
/// `"artwork_id":…` with the title's first artwork.
package struct TitleFragments: Sendable {
    private var bytes: [UInt8] = []
    /// Where a title's two texts begin.
    private var starts: [Int32] = [0]

    package init(_ catalog: Catalog) {
        for title in catalog.titles {
            var head = JSONWriter(capacity: 256)
            head.object {
                $0.member("title_id", title.id.description)
                $0.member("name", title.name)
                $0.member("score")
            }
            // Without the brace that ends the object.
            bytes += head.buffer.readableBytesView.dropLast()
            starts.append(Int32(bytes.count))
            var artwork = JSONWriter(capacity: 64)
            artwork.member("artwork_id", title.artworks.first?.description)
            bytes += artwork.buffer.readableBytesView
            starts.append(Int32(bytes.count))
        }
    }

    /// The fragments' bytes, valid within a closure.
    struct Bytes {
        fileprivate let bytes: UnsafeRawBufferPointer
        fileprivate let starts: UnsafeBufferPointer<Int32>

        func head(_ title: Int) -> UnsafeRawBufferPointer { text(2 * title, to: 2 * title + 1) }

        func artwork(_ title: Int) -> UnsafeRawBufferPointer { text(2 * title + 1, to: 2 * title + 2) }

        /// Of both.
        func byteCount(_ title: Int) -> Int { text(2 * title, to: 2 * title + 2).count }

        private func text(_ first: Int, to end: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: bytes[Int(starts[first])..<Int(starts[end])])
        }
    }

    func withBytes<R>(_ body: (Bytes) -> R) -> R {
        bytes.withUnsafeBytes { bytes in starts.withUnsafeBufferPointer { body(Bytes(bytes: bytes, starts: $0)) } }
    }
}
