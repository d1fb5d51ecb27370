// hot path
import Catalog
import Features
import Home

extension JSONWriter {
    /// A home page: the contract of `recs home --json`.
    mutating func write(_ served: ServedPage) {
        object { json in
            json.member("user", served.viewer.user.description)
            json.member("as_of", served.viewer.asOf)
            json.member("region", served.request.region.text)
            json.member("is_cold", served.viewer.isCold)
            json.member("snapshot_at", served.published.snapshotAt)
            json.member("warnings")
            json.array(served.warnings) { $0.string($1) }
            json.member("rows")
            json.array(served.page.rows) { json, row in
                json.object { json in
                    json.member("id", row.id)
                    json.member("title", row.title)
                    json.member("reason", row.reason)
                    json.member("items")
                    json.write(row.list, served.published.fragments) { served.artworkOnTrial(of: $0) }
                }
            }
        }
    }

    /// A list of ranked titles, each with its first artwork.
    mutating func write(_ list: RankedList, in published: Published) { write(list, published.fragments) { _ in nil } }

    /// A list of ranked titles, straight into the buffer; each with its first artwork where `artwork` names none.
    private mutating func write(_ list: RankedList, _ fragments: TitleFragments, artwork: (Int) -> ArtworkID?) {
        let artworks = list.ranked.map { artwork(Int($0.title)) }
        fragments.withBytes { fragments in
            list.texts.withBytes { texts in
                var byteCountMax = 2
                for (item, artwork) in zip(list.ranked, artworks) {
                    let escaped = texts[item.evidence].count + (artwork?.description.utf8.count ?? 0)
                    byteCountMax += fragments.byteCount(Int(item.title)) + JSONCursor.escapedByteCountMax * escaped + Self.itemByteCountMax
                }
                value(byteCountMax: byteCountMax) { json in
                    json.byte(0x5b)
                    for (place, item) in list.ranked.enumerated() {
                        if place > 0 { json.byte(0x2c) }
                        json.add(item, evidence: texts[item.evidence], fragments, artworks[place])
                    }
                    json.byte(0x5d)
                }
            }
        }
    }

    /// What an item takes besides its texts: names of members and terms, and numbers.
    private static let itemByteCountMax = 200 + ScoreTerm.allCases.count * (24 + JSONCursor.numberByteCountMax)
}

extension JSONCursor {
    fileprivate mutating func add(
        _ item: RankedItem, evidence: UnsafeRawBufferPointer, _ fragments: TitleFragments.Bytes, _ artwork: ArtworkID?
    ) {
        let title = Int(item.title)
        add(fragments.head(title))
        number(item.parts.score)
        add(",\"source\":\"")
        add(item.source.text)
        add("\",\"evidence\":\"")
        escaped(evidence)
        add("\",")
        if let artwork { add(artwork) } else { add(fragments.artwork(title)) }
        if item.progress >= 0 {
            add(",\"progress\":")
            number(item.progress)
        }
        add(item.parts)
        byte(0x7d)
    }

    fileprivate mutating func add(_ artwork: ArtworkID) {
        add("\"artwork_id\":\"")
        var text = artwork.description
        text.withUTF8 { escaped(UnsafeRawBufferPointer($0)) }
        byte(0x22)
    }

    fileprivate mutating func add(_ parts: ScoreParts) {
        add(",\"parts\":")
        var separator: StaticString = "{\""
        parts.forEach { term, value in
            add(separator)
            separator = ",\""
            add(term.name)
            add("\":")
            number(value)
        }
        if parts.isEmpty { byte(0x7b) }
        byte(0x7d)
    }
}
