// hot path
import Events
import Features

/// A play event with its texts as names and its numbers within sane bounds.
struct PlayEvent: BitwiseCopyable {
    /// No title runs longer, milliseconds (34 years); keeps products within 64 bits.
    private static let positionMax: Int64 = 1 << 40
    private static let watchedMax: Int64 = 86_400_000

    let title: Name
    let session: Name
    let region: RegionID
    let at: Int64
    /// Nil where the event tells none.
    let positionMilliseconds: Int64?
    /// 0 where the event tells none.
    let watchedMilliseconds: Int64
    /// 0 where it is not known.
    let durationMilliseconds: Int64

    /// Nil where an id is missing or too long.
    init?(_ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext) {
        guard let title = context.requiredID(event.title, bytes), let session = context.id(event.session, bytes) else { return nil }
        self.title = title
        self.session = session
        region = RegionID(bytes: UnsafeRawBufferPointer(rebasing: bytes[event.region.range])) ?? .none
        at = event.timestamp
        let position = event.type == .seek ? event.number : event.positionMilliseconds
        positionMilliseconds = position == Event.absent ? nil : min(max(position, 0), PlayEvent.positionMax)
        watchedMilliseconds = min(max(event.watchedMilliseconds, 0), PlayEvent.watchedMax)
        let told = event.durationMilliseconds > 0 ? event.durationMilliseconds : context.runtimeMilliseconds(of: title)
        durationMilliseconds = min(max(told, 0), PlayEvent.positionMax)
    }

    /// Position over duration, 0…1000; 0 where either is unknown.
    var fractionPermille: Int32 {
        guard let positionMilliseconds, durationMilliseconds > 0 else { return 0 }
        return Int32(min(positionMilliseconds, durationMilliseconds) * 1000 / durationMilliseconds)
    }
}
