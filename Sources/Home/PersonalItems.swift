import Catalog
import Features

/// Items of the rows whose titles the viewer chose: continue watching and my list, newest first.
enum PersonalItems {
    private static let halfLife: Int64 = 7 * 86_400_000

    static func continueWatching(_ history: ViewerHistory, countMax: Int, now: Int64, _ texts: inout PageTexts) -> [RankedItem] {
        history.unfinished.prefix(max(countMax, 0)).map { entry in
            let text = texts.make { texts in
                texts.add("you stopped at minute ")
                texts.add(entry.positionMilliseconds / 60_000)
                texts.add(" of ")
                texts.add(max(entry.durationMilliseconds / 60_000, 1))
                texts.add(", ")
                texts.add(ago: now - entry.at)
            }
            var item = item(entry.title, age: now - entry.at, source: .continueWatching, text)
            item.progress = Double(entry.positionMilliseconds) / Double(entry.durationMilliseconds)
            return item
        }
    }

    static func myList(_ history: ViewerHistory, countMax: Int, now: Int64, _ texts: inout PageTexts) -> [RankedItem] {
        history.list.prefix(max(countMax, 0)).map { entry in
            let text = texts.make { texts in
                texts.add("you put it on your list ")
                texts.add(ago: now - entry.at)
            }
            return item(entry.title, age: now - entry.at, source: .myList, text)
        }
    }

    private static func item(_ title: Int, age: Int64, source: Source, _ evidence: PageTexts.Range) -> RankedItem {
        var parts = ScoreParts()
        parts.add(.recency, Float.decay(age: age, halfLife: halfLife))
        return RankedItem(title: Int32(title), source: source, parts: parts, evidence: evidence)
    }
}
