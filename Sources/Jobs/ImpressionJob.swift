// hot path
package import Events
package import Features

/// The impression job: what a viewer was shown lately, taste by hovers; of titles: impressions. `scroll_position` is only counted.
extension ImpressionState: TopicOperator {
    /// Of a `row_impression` so many titles count; the rest of a longer list was hardly in view.
    static var rowTitleCountMax: Int { 100 }

    package mutating func apply(
        _ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext
    ) -> DeadLetterReason? {
        let region = RegionID(bytes: UnsafeRawBufferPointer(rebasing: bytes[event.region.range])) ?? .none
        switch event.type {
        case .recommendationShown:
            guard let title = context.requiredID(event.title, bytes), let artwork = context.id(event.artwork, bytes) else {
                return .badValue
            }
            show(title, region: region, at: event.timestamp, in: &context)
            forward(title, artwork: artwork, at: event.timestamp, in: &context)
        case .rowImpression:
            guard areIDs(event.list, bytes) else { return .badValue }
            var titles = EncodedList(event.list, bytes)
            var left = ImpressionState.rowTitleCountMax
            while left > 0, let slice = titles.nextText(), let title = context.requiredID(slice, bytes) {
                show(title, region: region, at: event.timestamp, in: &context)
                left -= 1
            }
        case .titleHovered:
            guard let title = context.requiredID(event.title, bytes) else { return .badValue }
            taste.add(title: title, weight: context.settings.hover, at: event.timestamp, in: &context)
        case .scrollPosition: break
        default: return .wrongTopic
        }
        if event.timestamp >= asOf { self.region = region }
        asOf = max(asOf, event.timestamp)
        return nil
    }

    package mutating func expire(logTime: Int64) {
        taste.expire(logTime: logTime)
        shown.removeAll { logTime - $0.at > Retention.shownMilliseconds }
    }

    private mutating func show(_ title: Name, region: RegionID, at: Int64, in context: inout JobContext) {
        context.effects.append(.shown(title: title, region: region, at: at))
        var entry = ShownTitle(title: title, count: 1, at: at)
        if let place = shown.firstIndex(where: { $0.title.raw == title.raw }) {
            let known = shown.remove(at: place)
            entry.count = known.count &+ 1
            entry.at = max(at, known.at)
        }
        insert(entry, into: &shown, countMax: ImpressionState.shownCountMax) { $0.at }
    }

    /// Tells the attribution job where the artwork is one of a test of the title.
    private func forward(_ title: Name, artwork: Name, at: Int64, in context: inout JobContext) {
        if artwork.isNone { return }
        context.prepareTests()
        for test in context.tests ?? [] where test.title == title {
            for variant in test.variants where variant.artwork == artwork {
                context.effects.append(.forward(.impression(test: test.test, variant: variant.variant, at: at)))
            }
        }
    }

    private func areIDs(_ list: Slice, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var titles = EncodedList(list, bytes)
        while let slice = titles.nextText() {
            if slice.isEmpty || slice.count > nameByteCountMax { return false }
        }
        return true
    }
}
