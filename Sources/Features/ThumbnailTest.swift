/// A thumbnail test as defined in configuration.
package struct ThumbnailTest: Sendable, Equatable, Codable {
    package struct Variant: Sendable, Equatable, Codable {
        package var id: VariantID
        package var artwork: ArtworkID
        /// Share of the viewers, 0…1; the shares of a test add up to 1.
        package var weight: Double

        package init(id: VariantID, artwork: ArtworkID, weight: Double) {
            self.id = id
            self.artwork = artwork
            self.weight = weight
        }
    }

    package var id: TestID
    package var title: TitleID
    /// The first is the control.
    package var variants: [Variant]
    /// Share of all viewers who take part, 0…1.
    package var coverage: Double

    package init(id: TestID, title: TitleID, variants: [Variant], coverage: Double) {
        self.id = id
        self.title = title
        self.variants = variants
        self.coverage = coverage
    }
}
