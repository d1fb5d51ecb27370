/// What one topic's job knows of one viewer: the features part of a Redis value (DESIGN §6.2).
///
/// Implementations: `PlayState`, `SearchState`, `ImpressionState`, `FeedbackState`, `QualityState`, `ErrorState`, `ExperimentState`,
/// `AttributionState`. How an event changes one is told in Jobs/; here are its shape and its bytes.
package protocol TopicState: Sendable {
    /// Raised when the bytes change; a reader knows all earlier ones.
    static var codecVersion: UInt8 { get }
    /// Features of a viewer that nothing is known of.
    init()
    /// Reads the bytes that `encode` wrote; texts are interned in `names`.
    init(from reader: inout StateReader, names: inout NameTable) throws(StateError)
    func encode(into writer: inout StateWriter, names: borrowing NameTable)
    /// Event time of the newest applied event, milliseconds; 0 where there is none.
    var asOf: Int64 { get }
}
