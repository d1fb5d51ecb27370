import Catalog
import Features

extension ThumbnailTest {
    /// Why a test cannot run with the catalogue, and what to do; nil where it can. A catalogue may come to have what is missing.
    func lack(in catalog: Catalog) -> String? {
        guard let index = catalog.index(of: title) else {
            return "the catalogue has no title `\(title)`, so nobody takes part; import it, or mend `tests:`"
        }
        let artworks = catalog.titles[index].artworks
        guard let missing = variants.first(where: { !artworks.contains($0.artwork) }) else { return nil }
        return "the title `\(title)` has no artwork `\(missing.artwork)` (variant `\(missing.id)`); import it, or mend `tests:`"
    }
}
