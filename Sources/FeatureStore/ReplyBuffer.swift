/// Replies of a pipeline, flat: the nodes of all replies in reading order (an array before its elements), their texts in one buffer.
/// Reused.
final class ReplyBuffer {
    enum Kind: UInt8 { case text, error, integer, missing, array }

    struct Node: BitwiseCopyable {
        var kind: Kind
        /// Of a text: where it begins. Of an integer: itself.
        var value: Int
        /// Of a text: its bytes. Of an array: its elements.
        var count: Int
    }

    private(set) var nodes: [Node] = []
    private var bytes: [UInt8] = []
    /// The node at which each reply begins.
    private(set) var roots: [Int] = []

    func removeAll() {
        nodes.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        roots.removeAll(keepingCapacity: true)
    }

    func beginReply() { roots.append(nodes.count) }

    func append(_ kind: Kind, text: UnsafeRawBufferPointer) {
        nodes.append(Node(kind: kind, value: bytes.count, count: text.count))
        bytes.append(contentsOf: text)
    }

    func append(_ kind: Kind, value: Int = 0, count: Int = 0) { nodes.append(Node(kind: kind, value: value, count: count)) }

    /// The first node of a reply.
    func root(_ index: Int) -> Node { nodes[roots[index]] }

    /// The bytes of a text node (none for another), valid within `body`.
    func withText<R, E: Error>(_ node: Node, _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let range = node.kind == .text || node.kind == .error ? node.value..<node.value + node.count : 0..<0
        return try bytes.withUnsafeBufferPointer { (all: UnsafeBufferPointer<UInt8>) throws(E) -> R in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[range])))
        }
    }

    func text(_ node: Node) -> [UInt8] { withText(node) { [UInt8]($0) } }

    func string(_ node: Node) -> String { withText(node) { String(decoding: $0, as: UTF8.self) } }

    /// Nil for a good reply, else what Redis complains of.
    func failure(_ index: Int) -> StoreError? {
        let node = root(index)
        return node.kind == .error ? StoreError(reply: string(node)) : nil
    }

    /// The elements of a reply that is an array of texts (nil for a missing one).
    func texts(_ index: Int) throws(StoreError) -> [[UInt8]?] {
        if let failure = failure(index) { throw failure }
        let root = root(index)
        guard root.kind == .array else { throw StoreError(.protocolError, "Redis answered a list with something else") }
        return (0..<root.count).map { place in
            let node = nodes[roots[index] + 1 + place]
            return node.kind == .text ? text(node) : nil
        }
    }
}
