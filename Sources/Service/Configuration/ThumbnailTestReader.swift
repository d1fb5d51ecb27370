import Catalog
import Features
import Yams

/// Reads one entry of `tests:`.
struct ThumbnailTestReader {
    struct Message: Error { var text: String }

    private var id: String?
    private var title: String?
    private var coverage = 1.0
    private var variants: [ThumbnailTest.Variant] = []

    /// A longer name would come into events that nobody can use.
    private static func lengthFault(_ name: String) -> String? {
        let most = TitleJSON.identifierByteCountMax
        return name.utf8.count > most ? "has \(name.utf8.count) bytes; use at most \(most)" : nil
    }

    mutating func read(_ key: String, _ node: Node, _ reader: inout ConfigurationReader) {
        switch key {
        case "id": reader.text(node, "tests.id", Self.lengthFault) { id = $0 }
        case "title": reader.text(node, "tests.title", Self.lengthFault) { title = $0 }
        case "coverage": reader.number(node, "tests.coverage", 0...1) { coverage = $0 }
        case "variants": for item in reader.items(node, "tests.variants") { readVariant(item, &reader) }
        default: reader.unknown("tests.\(key)", node, known: ["tests.id", "tests.title", "tests.coverage", "tests.variants"])
        }
    }

    private mutating func readVariant(_ node: Node, _ reader: inout ConfigurationReader) {
        var id: String?
        var artwork: String?
        var weight = 0.0
        reader.each(of: node, "tests.variants") { reader, key, node in
            switch key {
            case "id": reader.text(node, "tests.variants.id", Self.lengthFault) { id = $0 }
            case "artwork": reader.text(node, "tests.variants.artwork", Self.lengthFault) { artwork = $0 }
            case "weight": reader.number(node, "tests.variants.weight", 0...1) { weight = $0 }
            default: reader.unknown("tests.variants.\(key)", node, known: ["id", "artwork", "weight"].map { "tests.variants.\($0)" })
            }
        }
        guard let id, let artwork else { return reader.fault(node, "a variant needs `id` and `artwork` (and a `weight` from 0 to 1)") }
        variants.append(.init(id: VariantID(id), artwork: ArtworkID(artwork), weight: weight))
    }

    func finish() -> Result<ThumbnailTest, Message> {
        guard let id, let title else { return .failure(Message(text: "a test needs `id` and `title`")) }
        guard variants.count >= 2 else {
            return .failure(Message(text: "test `\(id)` has \(variants.count) variants; it needs two or more"))
        }
        if let twice = variants.indices.first(where: { index in variants[..<index].contains { $0.id == variants[index].id } }) {
            return .failure(Message(text: "two variants of test `\(id)` are called `\(variants[twice].id)`; give each its own id"))
        }
        let sum = variants.reduce(0) { $0 + $1.weight }
        let even = variants.map { ThumbnailTest.Variant(id: $0.id, artwork: $0.artwork, weight: 1 / Double(variants.count)) }
        if sum == 0 { return .success(ThumbnailTest(id: TestID(id), title: TitleID(title), variants: even, coverage: coverage)) }
        guard abs(sum - 1) < 1e-6 else {
            return .failure(Message(text: "the weights of test `\(id)` add up to \(sum); make them add up to 1, or leave them all out"))
        }
        return .success(ThumbnailTest(id: TestID(id), title: TitleID(title), variants: variants, coverage: coverage))
    }
}
