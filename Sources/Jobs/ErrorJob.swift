// hot path
package import Events
package import Features

/// The error job: a viewer's newest errors; of titles: errors while playing.
extension ErrorState: TopicOperator {
    package mutating func apply(
        _ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext
    ) -> DeadLetterReason? {
        guard event.type.topic == .error else { return .wrongTopic }
        guard let title = context.id(event.title, bytes) else { return .badValue }
        let code = context.text(event.text, bytes)
        let isFatal = event.flag || event.type == .playbackFailed
        insert(
            RecentError(code: code, title: title, isFatal: isFatal, at: event.timestamp), into: &errors,
            countMax: ErrorState.errorCountMax
        ) { $0.at }
        if !title.isNone {
            let region = RegionID(bytes: UnsafeRawBufferPointer(rebasing: bytes[event.region.range])) ?? .none
            context.effects.append(.failed(title: title, region: region, at: event.timestamp))
        }
        asOf = max(asOf, event.timestamp)
        return nil
    }

    package mutating func expire(logTime: Int64) {
        errors.removeAll { logTime - $0.at > Retention.errorMilliseconds }
    }
}
