package import Catalog

/// What state is a function of besides the log's order (DESIGN §6.7): the catalogue as operators read it, the weights, the code. It never
/// changes; another one takes effect at a `definitions_changed` record, partition by partition.
package struct Definition: Sendable {
    /// Raised whenever an operator makes other state of the same events.
    package static let codeVersionOfThisProgram: Int64 = 2

    /// Ascending from definition to definition; 0 stands for the first one, before there were versions.
    package var version: Int64
    package var settings: JobSettings
    package var catalog: Catalog
    package var codeVersion: Int64

    package init(version: Int64, settings: JobSettings, catalog: Catalog, codeVersion: Int64 = Definition.codeVersionOfThisProgram) {
        self.version = version
        self.settings = settings
        self.catalog = catalog
        self.codeVersion = codeVersion
    }
}
