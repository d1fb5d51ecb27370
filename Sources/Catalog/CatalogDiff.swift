/// What changed from one catalogue to another, as data and in words.
package struct CatalogDiff: Sendable, Equatable, Encodable {
    /// A title's id and name.
    package struct Entry: Sendable, Equatable, Encodable {
        package var titleID: String
        package var name: String
        private enum CodingKeys: String, CodingKey {
            case titleID = "title_id"
            case name
        }
    }

    /// A title that stayed, with the fields that differ.
    package struct Change: Sendable, Equatable, Encodable {
        package var titleID: String
        package var name: String
        package var fields: [FieldChange]
        private enum CodingKeys: String, CodingKey {
            case titleID = "title_id"
            case name, fields
        }
    }

    /// A field's value before and after, as a person would write it.
    package struct FieldChange: Sendable, Equatable, Encodable {
        package var field: String
        package var before: String
        package var after: String
    }

    /// Titles that only the new one has.
    package var added: [Entry] = []
    /// Titles of both that differ.
    package var changed: [Change] = []
    /// Titles that are gone, or no longer available.
    package var withdrawn: [Entry] = []
    /// True where nothing changed.
    package var isEmpty: Bool { added.isEmpty && changed.isEmpty && withdrawn.isEmpty }

    /// Compares what the service holds in memory: director and basis are not looked at.
    package init(from old: Catalog, to new: Catalog) {
        self.init(from: CatalogDocument(old), to: CatalogDocument(new))
    }

    /// In the order of the new document; withdrawn ones in the order of the old.
    package init(from old: CatalogDocument, to new: CatalogDocument) {
        let before = Dictionary(old.titles.map { ($0.titleID, $0) }) { first, _ in first }
        let after = Dictionary(new.titles.map { ($0.titleID, $0) }) { first, _ in first }
        for title in new.titles {
            guard let earlier = before[title.titleID] else {
                added.append(Entry(titleID: title.titleID, name: title.name))
                continue
            }
            let fields = Self.fields(of: earlier, and: title)
            if !fields.isEmpty { changed.append(Change(titleID: title.titleID, name: title.name, fields: fields)) }
        }
        for title in old.titles where title.isAvailable && !(after[title.titleID]?.isAvailable ?? false) {
            withdrawn.append(Entry(titleID: title.titleID, name: title.name))
        }
    }

    /// A line a change, and the counts last.
    package var words: String {
        var lines = added.map { "+ \($0.titleID): \($0.name)" }
        for change in changed {
            lines.append("~ \(change.titleID): \(change.name)")
            lines += change.fields.map { "    \($0.field): \($0.before) → \($0.after)" }
        }
        lines += withdrawn.map { "- \($0.titleID): \($0.name)" }
        lines.append("\(added.count) added, \(changed.count) changed, \(withdrawn.count) withdrawn")
        return lines.joined(separator: "\n")
    }

    /// A title that becomes unavailable is listed as withdrawn, not as changed in that field too.
    private static func fields(of old: TitleJSON, and new: TitleJSON) -> [FieldChange] {
        var changes: [FieldChange] = []
        func compare(_ field: TitleJSON.Field, _ before: String, _ after: String) {
            if before != after { changes.append(FieldChange(field: field.rawValue, before: before, after: after)) }
        }
        compare(.name, old.name, new.name)
        compare(.year, "\(old.year)", "\(new.year)")
        compare(.director, old.director ?? "none", new.director ?? "none")
        compare(.runtime, minutes(old.runtimeMilliseconds), minutes(new.runtimeMilliseconds))
        compare(.genres, list(old.genres), list(new.genres))
        compare(.maturity, "\(old.maturity)", "\(new.maturity)")
        compare(.regions, old.regions.isEmpty ? "everywhere" : list(old.regions), new.regions.isEmpty ? "everywhere" : list(new.regions))
        compare(.addedAt, InstantText.text(old.addedAt), InstantText.text(new.addedAt))
        compare(.artworks, list(old.artworks), list(new.artworks))
        if new.isAvailable { compare(.available, "\(old.isAvailable)", "\(new.isAvailable)") }
        compare(.basis, old.basis ?? "none", new.basis ?? "none")
        return changes
    }

    private static func list(_ texts: [String]) -> String { texts.isEmpty ? "none" : texts.joined(separator: ", ") }

    private static func minutes(_ milliseconds: Int64) -> String {
        milliseconds % 60_000 == 0 ? "\(milliseconds / 60_000) min" : "\(Double(milliseconds) / 60_000) min"
    }
}
