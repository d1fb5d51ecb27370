// hot path
package import Features

/// Limits of what is believed of a sample, far above what players report; they keep the sums of squares within 64 bits.
private enum SampleLimit {
    static let kbps: Int64 = 10_000_000
    static let milliseconds: Int64 = 3_600_000
}

extension PlaybackSession {
    /// Takes in a sample. One that is older than what is known changes nothing.
    ///
    /// The estimates are exponentially weighted by time: after a gap of d a sample weighs d / (d + time constant) (the implicit
    /// Euler form of the exponential, exact in integers). The variance follows Finch, *Incremental calculation of weighted mean
    /// and variance* (2009), about the slow estimate.
    package mutating func update(_ sample: QualitySample, settings: QualitySettings) {
        guard sampleCount == 0 || sample.at >= at else { return }
        let throughput = min(max(sample.throughputKbps, 0), SampleLimit.kbps)
        if sampleCount == 0 {
            fastThroughput = throughput * 256
            slowThroughput = throughput * 256
            variance = 0
        } else {
            let gap = min(sample.at - at, SampleLimit.milliseconds)
            learn(throughput, afterMilliseconds: gap, settings: settings)
        }
        at = sample.at
        sampleCount = sampleCount == Int32.max ? sampleCount : sampleCount + 1
        bufferMilliseconds = min(max(sample.bufferMilliseconds, 0), SampleLimit.milliseconds)
        bitrateKbps = min(max(sample.bitrateKbps, 0), SampleLimit.kbps)
        droppedFrames = max(droppedFrames, sample.droppedFrames)
    }

    /// The player ran dry.
    package mutating func stallBegan(at time: Int64) {
        stallCount += 1
        guard time >= at else { return }
        bufferMilliseconds = 0
    }

    /// The player plays again after `stalledMilliseconds`.
    package mutating func stallEnded(at time: Int64, stalledMilliseconds milliseconds: Int64) {
        stalledMilliseconds += min(max(milliseconds, 0), SampleLimit.milliseconds)
    }

    /// The session's own ladder, or the configured one where the player told of none.
    package func ladder(settings: QualitySettings) -> [Int32] {
        ladderKbps.isEmpty ? settings.ladderKbps : ladderKbps
    }

    private mutating func learn(_ throughput: Int64, afterMilliseconds gap: Int64, settings: QualitySettings) {
        let fastWeight = weight(gap, settings.fastMilliseconds)
        let slowWeight = weight(gap, settings.slowMilliseconds)
        let difference = throughput - slowThroughput / 256
        variance = (256 - slowWeight) * (variance + slowWeight * (difference * difference / 256)) / 256
        fastThroughput += (throughput * 256 - fastThroughput) * fastWeight / 256
        slowThroughput += (throughput * 256 - slowThroughput) * slowWeight / 256
    }
}

/// Weight of a sample after a gap, in 1/256.
private func weight(_ gap: Int64, _ timeConstant: Int64) -> Int64 {
    gap + timeConstant > 0 ? gap * 256 / (gap + timeConstant) : 256
}
