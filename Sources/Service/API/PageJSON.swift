// hot path
import Catalog
import Features
import Home

extension JSONWriter {
    /// A home page: the contract of `recs home --json`.
    mutating func write(_ served: ServedPage) {
        let artwork: ((Int) -> ArtworkID?)? = served.hasTrials ? { served.artworkOnTrial(of: $0) } : nil
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
                    json.write(row.list, served.published.fragments, artwork: artwork)
                }
            }
        }
    }

    /// A list of ranked titles, each with its first artwork.
    mutating func write(_ list: RankedList, in published: Published) { write(list, published.fragments, artwork: nil) }

    /// A list of ranked titles, straight into the buffer; each with its first artwork where `artwork` names none.
    private mutating func write(_ list: RankedList, _ fragments: TitleFragments, artwork: ((Int) -> ArtworkID?)?) {
        let artworks = artwork.map { artwork in list.ranked.map { artwork(Int($0.title)) } }
        fragments.withBytes { fragments in
            list.texts.withBytes { texts in
                var byteCountMax = 2
                for (place, item) in list.ranked.enumerated() {
                    let escaped = texts[item.evidence].count + (artworks?[place]?.description.utf8.count ?? 0)
                    byteCountMax += fragments.byteCount(Int(item.title)) + JSONCursor.escapedByteCountMax * escaped + Self.itemByteCountMax
                }
                value(byteCountMax: byteCountMax) { json in
                    TermLabel.all.withUnsafeBufferPointer { labels in
                        json.byte(0x5b)
                        for (place, item) in list.ranked.enumerated() {
                            if place > 0 { json.byte(0x2c) }
                            json.add(item, texts, fragments, artworks?[place], labels)
                        }
                        json.byte(0x5d)
                    }
                }
            }
        }
    }

    /// What an item takes besides its texts: names of members and terms, and numbers.
    private static let itemByteCountMax = 200 + ScoreTerm.allCases.count * (TermLabel.byteCountMax + JSONCursor.numberByteCountMax)
}

/// A term's name as it stands before its value, `"popularity":`, in memory that is copied whole.
private struct TermLabel: BitwiseCopyable {
    /// More than any name with its quotation marks, colon and the comma after the value; all are written, whatever the name takes.
    static let byteCountMax = 32
    /// By the terms' raw values.
    static let all = ScoreTerm.allCases.map { TermLabel("\"\($0.name)\":") }

    var bytes = SIMD32<UInt8>()
    var count: Int

    private init(_ text: String) {
        count = text.utf8.count
        precondition(count < Self.byteCountMax, "a term's name fits its label")
        for (place, byte) in text.utf8.enumerated() { bytes[place] = byte }
    }
}

extension JSONCursor {
    fileprivate mutating func add(
        _ item: RankedItem, _ texts: PageTexts.Bytes, _ fragments: TitleFragments.Bytes, _ artwork: ArtworkID?,
        _ labels: UnsafeBufferPointer<TermLabel>
    ) {
        let title = Int(item.title)
        add(fragments.head(title))
        number(item.parts.score)
        add(",\"source\":\"")
        add(item.source.text)
        add("\",\"evidence\":\"")
        if texts.isPlain { add(texts[item.evidence]) } else { escaped(texts[item.evidence]) }
        add("\",")
        if let artwork { add(artwork) } else { add(fragments.artwork(title)) }
        if item.progress >= 0 {
            add(",\"progress\":")
            number(item.progress)
        }
        add(item.parts, labels)
        byte(0x7d)
    }

    fileprivate mutating func add(_ artwork: ArtworkID) {
        add("\"artwork_id\":\"")
        var text = artwork.description
        text.withUTF8 { escaped(UnsafeRawBufferPointer($0)) }
        byte(0x22)
    }

    fileprivate mutating func add(_ parts: ScoreParts, _ labels: UnsafeBufferPointer<TermLabel>) {
        add(",\"parts\":{")
        // Not by `ScoreParts.forEach`: a closure across modules for each of a thousand terms takes a fiftieth of a page's instructions.
        var rest = parts.termBits
        while rest != 0 {
            let term = rest.trailingZeroBitCount
            rest &= rest &- 1
            add(labels[term].bytes, count: labels[term].count)
            number(Double(parts.values[term]))
            byte(0x2c)
        }
        closeObject()
    }
}
