// hot path
package import Events

/// Events this much ahead of the time of their append are refused, milliseconds (DESIGN §4, §6.7).
package let futureMillisecondsMax: Int64 = 300_000

/// Latest time that is believed, of an event or its append: the year 9999.
let timestampMax: Int64 = 253_402_300_800_000

/// Checks what every event must hold, whatever its type; nil for a good one.
package func validate(_ event: Event) -> DeadLetterReason? {
    if event.timestamp < 0 || event.timestamp >= timestampMax || event.appendTime >= timestampMax { return .absurdTimestamp }
    if event.timestamp - futureMillisecondsMax > event.appendTime { return .futureTimestamp }
    if event.region.count > 8 { return .badRegion }
    return nil
}
