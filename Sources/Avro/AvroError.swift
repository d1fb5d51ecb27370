/// What went wrong with a schema or with data, where, and in words that say what to do.
package struct AvroError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was being done.
    package enum Kind: Sendable, Hashable {
        /// A schema's text was parsed.
        case schema
        /// A value was encoded.
        case encoding
        /// Binary data was decoded.
        case decoding
        /// A writer's schema was resolved to a reader's.
        case resolution
        /// A container file was read or written.
        case container
    }

    package var kind: Kind
    /// The place: `$` is the whole; then JSON members and indices of a schema, or fields and items of a value.
    package var path: String
    package var message: String

    package init(_ kind: Kind, path: String = "$", _ message: String) {
        self.kind = kind
        self.path = path
        self.message = message
    }

    package var description: String { "\(path): \(message)" }

    /// The same error seen from one level further out; `step` is the way in, such as `.name` or `[2]`.
    func within(_ step: String) -> AvroError {
        AvroError(kind, path: "$" + step + path.dropFirst(), message)
    }
}
