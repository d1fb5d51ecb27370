/// The module's error: all that is wrong with a title or a catalogue document, told at once.
package struct CatalogError: Error, Sendable, Equatable, CustomStringConvertible {
    package var faults: [CatalogFault]
    package init(faults: [CatalogFault]) { self.faults = faults }
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// One fault: where in the document it stands (`titles[3].maturity`; empty: the document itself), and what is wrong there.
package struct CatalogFault: Sendable, Equatable, CustomStringConvertible {
    package var path: String
    package var message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    package var description: String { path.isEmpty ? "the document \(message)" : "\(path) \(message)" }
}
