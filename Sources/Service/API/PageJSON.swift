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
                    json.array(row.list.ranked) { json, item in
                        let artwork = served.artworkOnTrial(of: Int(item.title))
                        json.write(item, row.list.texts, served.published.fragments, artwork: artwork)
                    }
                }
            }
        }
    }

    /// A list of ranked titles, each with its first artwork.
    mutating func write(_ list: RankedList, in published: Published) {
        array(list.ranked) { $0.write($1, list.texts, published.fragments, artwork: nil) }
    }

    /// One ranked title, straight into the buffer; with its first artwork where none is named.
    private mutating func write(_ item: RankedItem, _ texts: PageTexts, _ fragments: TitleFragments, artwork: ArtworkID?) {
        let title = Int(item.title)
        fragments.withHead(title) { head in
            fragments.withArtwork(title) { firstArtwork in
                texts.withBytes(item.evidence) { evidence in
                    let texts = head.count + firstArtwork.count + JSONCursor.escapedByteCountMax * evidence.count
                    let named = JSONCursor.escapedByteCountMax * (artwork?.description.utf8.count ?? 0)
                    value(byteCountMax: texts + named + JSONWriter.itemByteCountMax) { json in
                        json.add(head)
                        json.number(item.parts.score)
                        json.add(",\"source\":\"")
                        json.add(item.source.text)
                        json.add("\",\"evidence\":\"")
                        json.escaped(evidence)
                        json.add("\",")
                        if let artwork { json.add(artwork) } else { json.add(firstArtwork) }
                        if item.progress >= 0 {
                            json.add(",\"progress\":")
                            json.number(item.progress)
                        }
                        json.add(item.parts)
                        json.byte(0x7d)
                    }
                }
            }
        }
    }

    /// What an item takes besides its texts: names of members and terms, and numbers.
    private static let itemByteCountMax = 200 + ScoreTerm.allCases.count * (24 + JSONCursor.numberByteCountMax)
}

extension JSONCursor {
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
