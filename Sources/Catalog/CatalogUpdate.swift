extension Catalog {
    /// The genre list in force, to give numbers to what is imported next.
    package var genres: GenreList { GenreList(genreNames) }

    /// The catalogue with one title put in or replaced, under the next version.
    package func putting(_ title: TitleJSON) throws(CatalogError) -> Catalog {
        var document = CatalogDocument()
        document.titles = [title]
        return try importing(document, withdrawsOthers: false)
    }

    /// The catalogue with the document's titles put in or replaced, under the next version.
    ///
    /// A title keeps its index. Titles that the document does not have stay as they are or, with `withdrawsOthers`,
    /// become unavailable; none is ever taken out, because what viewers did with it is still told.
    package func importing(_ document: CatalogDocument, withdrawsOthers: Bool) throws(CatalogError) -> Catalog {
        let incoming = try document.catalog(version: version + 1, genres: genres)
        var merged = titles
        if withdrawsOthers {
            for index in merged.indices where incoming.index(of: merged[index].id) == nil { merged[index].isAvailable = false }
        }
        for title in incoming.titles {
            if let index = index(of: title.id) { merged[index] = title } else { merged.append(title) }
        }
        return Catalog(version: version + 1, titles: merged, genreNames: incoming.genreNames)
    }
}
