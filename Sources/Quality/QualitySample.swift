// hot path

/// A player's heartbeat, in the terms that the predictor needs.
package struct QualitySample: Sendable, Equatable, BitwiseCopyable {
    /// Event time, milliseconds since 1970.
    package var at: Int64
    /// Media that is loaded ahead of the playhead, milliseconds.
    package var bufferMilliseconds: Int64
    /// What the network delivered while the player was loading, since the sample before; 0 where nothing arrived.
    package var throughputKbps: Int64
    /// The rung that the player is loading (not the one on the screen); 0 where it has loaded the video to its end.
    package var bitrateKbps: Int64
    /// Frames dropped since the session began.
    package var droppedFrames: Int64
    /// True while the client's own rule is going down already; it is then left alone.
    package var isAdapting: Bool

    @inlinable
    package init(
        at: Int64, bufferMilliseconds: Int64, throughputKbps: Int64, bitrateKbps: Int64, droppedFrames: Int64, isAdapting: Bool
    ) {
        self.at = at
        self.bufferMilliseconds = bufferMilliseconds
        self.throughputKbps = throughputKbps
        self.bitrateKbps = bitrateKbps
        self.droppedFrames = droppedFrames
        self.isAdapting = isAdapting
    }
}
