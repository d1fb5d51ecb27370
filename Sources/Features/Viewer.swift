/// All that is known of one viewer, as serving reads it in one round trip: one state a topic, names in one table.
package struct Viewer: Sendable {
    package var user: UserID
    package var names = NameTable()
    package var play = PlayState()
    package var search = SearchState()
    package var impression = ImpressionState()
    package var feedback = FeedbackState()
    package var experiment = ExperimentState()
    package init(user: UserID) { self.user = user }

    /// Event time of the newest event that any part has applied; 0 where nothing is known of the viewer.
    package var asOf: Int64 {
        max(play.asOf, max(search.asOf, max(impression.asOf, max(feedback.asOf, experiment.asOf))))
    }

    /// Where the viewer was last, by plays and impressions.
    package var region: RegionID { play.asOf >= impression.asOf ? play.region : impression.region }

    /// True where nothing is known of the viewer.
    package var isCold: Bool { asOf == 0 }
}
