/// What is wrong with a set of schemas: what was being done, what was found, what to do.
package struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
