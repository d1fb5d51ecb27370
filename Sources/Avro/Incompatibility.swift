/// One reason why a reader's schema cannot take everything that a writer's schema can write.
package struct Incompatibility: Sendable, Hashable, CustomStringConvertible {
    /// The place in the reader's schema: `$` is the whole, then fields by name, `[]` items, `{}` map values, `<label>` a union's branch.
    package var path: String
    package var message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    package var description: String { "\(path): \(message)" }
}
