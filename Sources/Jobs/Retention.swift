// hot path

/// How long evidence is kept, in milliseconds of log time; all other lists are bounded by count alone (see the states).
enum Retention {
    /// A play whose other end has not come within this time is given up.
    static let openPlayMilliseconds: Int64 = 12 * 3_600_000
    /// Titles shown longer ago count as not shown.
    static let shownMilliseconds: Int64 = 14 * 86_400_000
    /// Impressions and plays for thumbnail attribution; far longer than the window they are joined in, for late events.
    static let evidenceMilliseconds: Int64 = 7 * 86_400_000
    /// A playback session without a sample for this long has ended.
    static let sessionMilliseconds: Int64 = 12 * 3_600_000
    /// Recent errors of a viewer.
    static let errorMilliseconds: Int64 = 30 * 86_400_000
}

/// Inserts an element into a list that is ascending by time, behind those of the same time; beyond `countMax` the earliest goes, which
/// may be the new one. What is kept does not depend on the order of insertions, equal times apart.
func insert<Element>(_ element: Element, into list: inout [Element], countMax: Int, time: (Element) -> Int64) {
    var place = list.count
    while place > 0 && time(list[place - 1]) > time(element) { place -= 1 }
    list.insert(element, at: place)
    if list.count > countMax { list.removeFirst(list.count - countMax) }
}
