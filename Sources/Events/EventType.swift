/// Every event type of DESIGN §4; the raw value is the `event_type` on the wire and the Avro record's name.
package enum EventType: String, CaseIterable, Sendable, BitwiseCopyable {
    case playStart = "play_start"
    case playPause = "play_pause"
    case playResume = "play_resume"
    case playStop = "play_stop"
    case seek
    case searchQuery = "search_query"
    case searchResultClick = "search_result_click"
    case rowImpression = "row_impression"
    case titleHovered = "title_hovered"
    case scrollPosition = "scroll_position"
    case recommendationShown = "recommendation_shown"
    case titleRated = "title_rated"
    case titleHidden = "title_hidden"
    case myListAdded = "my_list_added"
    case myListRemoved = "my_list_removed"
    case continueWatchingRemoved = "continue_watching_removed"
    case bufferStart = "buffer_start"
    case bufferEnd = "buffer_end"
    case qualityChange = "quality_change"
    case qualitySample = "quality_sample"
    case errorOccurred = "error_occurred"
    case playbackFailed = "playback_failed"
    case abTestAssignment = "ab_test_assignment"
    /// Internal: an impression of a title under test.
    case attributionImpression = "attribution_impression"
    /// Internal: a qualified play of a title under test.
    case attributionPlay = "attribution_play"
    /// Internal: a viewer's assignment, with the segment frozen at assignment.
    case attributionAssignment = "attribution_assignment"
    /// Erasure of a viewer; written into every topic that has a job (DESIGN §6.9).
    case userErased = "user_erased"
    /// Another definition takes effect in the partition; written into every partition of every topic that has a job (DESIGN §6.7).
    case definitionsChanged = "definitions_changed"
    /// What an archive keeps of a record whose viewer was erased later; in any topic that has a job (DESIGN §6.9).
    case erasedResidue = "erased_residue"
    /// A record that could not be used.
    case deadLetter = "dead_letter"

    /// The topic the type belongs to; nil for `userErased`, `definitionsChanged` and `erasedResidue`, which all topics with a job may hold.
    package var topic: Topic? {
        switch self {
        case .playStart, .playPause, .playResume, .playStop, .seek: .play
        case .searchQuery, .searchResultClick: .search
        case .rowImpression, .titleHovered, .scrollPosition, .recommendationShown: .impression
        case .titleRated, .titleHidden, .myListAdded, .myListRemoved, .continueWatchingRemoved: .feedback
        case .bufferStart, .bufferEnd, .qualityChange, .qualitySample: .quality
        case .errorOccurred, .playbackFailed: .error
        case .abTestAssignment: .experiment
        case .attributionImpression, .attributionPlay, .attributionAssignment: .attribution
        case .userErased, .definitionsChanged, .erasedResidue: nil
        case .deadLetter: .deadLetters
        }
    }

    /// True where `POST /v1/events` takes the type; the others are written by the service itself.
    package var isPublic: Bool { topic?.acceptsEvents ?? false }
}
