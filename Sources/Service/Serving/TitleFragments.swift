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

    func withHead<R>(_ title: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R { with(2 * title, body) }

    func withArtwork<R>(_ title: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R { with(2 * title + 1, body) }

    private func with<R>(_ place: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[Int(starts[place])..<Int(starts[place + 1])])) }
    }
}
