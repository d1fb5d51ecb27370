/// What an event changes outside its viewer's value: recorded in the outbox with the event's offset, then emitted (DESIGN §6.4).
package enum Effect: Sendable, Equatable {
    /// A play of the title began.
    case played(title: Name, region: RegionID, at: Int64)
    /// The title was shown.
    case shown(title: Name, region: RegionID, at: Int64)
    /// An error while playing the title.
    case failed(title: Name, region: RegionID, at: Int64)
    /// `to` was played after `from`; weight in thousandths.
    case followed(from: Name, to: Name, weight: Int64, at: Int64)
    /// A viewer's credit changed by so much; `title` is the title under test.
    case credited(title: Name, test: Name, variant: Name, segment: Name, exposed: Int64, won: Int64)
    /// A record for `attribution_events`.
    case forward(AttributionForward)
    /// A record for the session's signal stream.
    case signal(session: Name, rung: Int32, bitrateKbps: Int64, emptiesInMilliseconds: Int64, reason: UInt8, at: Int64)
}

/// What the impression, play and experiment jobs tell the attribution job.
package enum AttributionForward: Sendable, Equatable {
    case impression(test: Name, variant: Name, at: Int64)
    case play(test: Name, at: Int64)
    case assignment(test: Name, variant: Name, segment: Name, at: Int64)
}

/// An effect with the offset and append time of the event that caused it.
package struct OutboxEntry: Sendable, Equatable {
    package var offset: Int64
    package var appendTime: Int64
    package var effect: Effect

    package init(offset: Int64, appendTime: Int64, effect: Effect) {
        self.offset = offset
        self.appendTime = appendTime
        self.effect = effect
    }
}
