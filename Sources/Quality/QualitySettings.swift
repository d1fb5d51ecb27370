/// Settings of the predictor and the ladder used where a player names none.
///
/// The numbers come from a search over the Norwegian 3G traces (Riiser et al. 2013); around them the outcome hardly changes.
package struct QualitySettings: Sendable, Equatable, Codable {
    /// Kbps, ascending.
    package var ladderKbps: [Int32] = [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000]
    package var segmentMilliseconds: Int64 = 4000
    /// A signal is considered where the buffer is predicted to be empty within this time.
    package var horizonMilliseconds: Int64 = 12_000
    /// Time constants of the fast and the slow estimate: a sample that comes this long after the one before has half the say.
    package var fastMilliseconds: Int64 = 3000
    package var slowMilliseconds: Int64 = 12_000
    /// How much of one standard deviation is taken off the estimate, in 1/256.
    package var deviationShare: Int64 = 32
    /// Media that should be left in the buffer when the segment under way arrives.
    package var reserveMilliseconds: Int64 = 1000
    /// The least time between two signals of a session.
    package var signalIntervalMilliseconds: Int64 = 2000
    /// A signal is released once the buffer holds this much and the forecast carries the next rung.
    package var releaseBufferMilliseconds: Int64 = 8000
    /// After this time a signal is released as soon as the client is safe at the rung that it loads.
    package var signalMillisecondsMax: Int64 = 20_000
    package init() {}
}
