/// A topic of the event log: one per event family (DESIGN §2), and the internal ones.
package enum Topic: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    case play, search, impression, feedback, quality, error, experiment
    /// Internal: what the impression, play and experiment jobs forward for thumbnail attribution.
    case attribution
    /// Records that could not be decoded or applied, with where they came from and why.
    case deadLetters

    /// The topic's name on the log.
    package var name: String {
        switch self {
        case .play: "play_events"
        case .search: "search_events"
        case .impression: "impression_events"
        case .feedback: "feedback_events"
        case .quality: "quality_events"
        case .error: "error_events"
        case .experiment: "experiment_events"
        case .attribution: "attribution_events"
        case .deadLetters: "dead_letters"
        }
    }

    /// The topic of that name.
    package init?(name: some StringProtocol) {
        guard let found = Topic.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// True for the topics that viewers' events arrive on (and whose users an erasure must reach).
    package var acceptsEvents: Bool { rawValue <= Topic.experiment.rawValue }

    /// True for the topics that a job turns into features.
    package var hasJob: Bool { self != .deadLetters }
}
