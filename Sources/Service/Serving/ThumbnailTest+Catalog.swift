import Catalog
import Features

extension ThumbnailTest {
    /// What a test lacks of the catalogue, and what to do; nil where it has all. Without its title nobody takes part; without an artwork pages name
    /// one that nobody has. A catalogue may come to have what is missing.
    func lack(in catalog: Catalog) -> String? {
        guard let index = catalog.index(of: title) else {
            return "the catalogue has no title `\(title)`, so nobody takes part; import it, or mend `tests:`"
        }
        let artworks = catalog.titles[index].artworks
        guard let missing = variants.first(where: { !artworks.contains($0.artwork) }) else { return nil }
        return "the title `\(title)` has no artwork `\(missing.artwork)` (variant `\(missing.id)`), and pages name it all the same; "
            + "import it, or mend `tests:`"
    }
}
