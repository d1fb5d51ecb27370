import Events

/// What becomes of a record (DESIGN §4, §6.3).
package enum OracleVerdict: Equatable, Sendable {
    case applied, duplicate, filtered
    /// With the reason as `dead_letters` tells it.
    case deadLettered(String)

    static func verdicts(of events: [OracleEvent], settings: OracleSettings) -> [(event: OracleEvent, verdict: OracleVerdict)] {
        var records: [(event: OracleEvent, verdict: OracleVerdict)] = []
        var applied: [String: [OracleEvent]] = [:]
        var logTimes: [String: Int64] = [:]
        for event in events {
            let logTime = max(logTimes[event.user] ?? 0, event.appendTime)
            if let reason = event.fault ?? fault(event) {
                records.append((event, .deadLettered(reason)))
            } else if isFiltered(event, settings) {
                records.append((event, .filtered))
            } else if isRefused(event) {
                records.append((event, .deadLettered("bad_value")))
            } else if isDuplicate(event, after: applied[event.user] ?? [], logTime: logTime) {
                records.append((event, .duplicate))
            } else {
                records.append((event, .applied))
                applied[event.user, default: []].append(event)
                logTimes[event.user] = logTime
            }
        }
        return records
    }

    /// The same id among the viewer's last 128 applied events, appended within a day of log time; log time goes in steps of five minutes.
    private static func isDuplicate(_ event: OracleEvent, after applied: [OracleEvent], logTime: Int64) -> Bool {
        let step = logTime / (5 * minute) * (5 * minute)
        return applied.suffix(128).contains { $0.id == event.id && step - $0.appendTime <= day }
    }

    private static func fault(_ event: OracleEvent) -> String? {
        let year9999: Int64 = 253_402_300_800_000
        if event.timestamp < 0 || event.timestamp >= year9999 || event.appendTime >= year9999 { return "absurd_timestamp" }
        if event.timestamp > event.appendTime + 5 * minute { return "future_timestamp" }
        if event.region.utf8.count > 8 { return "bad_region" }
        if event.key.isEmpty { return "bad_value" }
        if event.type != .userErased && event.type.topic != event.topic { return "wrong_topic" }
        return event.key == event.user ? nil : "key_mismatch"
    }

    private static func isFiltered(_ event: OracleEvent, _ settings: OracleSettings) -> Bool {
        event.type != .userErased
            && settings.filteredPrefixes.contains { event.user.hasPrefix($0) || event.device.hasPrefix($0) }
    }

    /// True where an id is missing or longer than 128 bytes, or a number out of its range.
    private static func isRefused(_ event: OracleEvent) -> Bool {
        func isID(_ text: String) -> Bool { (1...128).contains(text.utf8.count) }
        func isAbsentOrID(_ text: String) -> Bool { text.utf8.count <= 128 }
        switch event.type {
        case .userErased, .searchQuery, .scrollPosition: return false
        case .playStart, .playPause, .playResume, .playStop, .seek: return !isID(event.title) || !isAbsentOrID(event.session)
        case .searchResultClick, .titleHovered: return !isID(event.title)
        case .recommendationShown: return !isID(event.title) || !isAbsentOrID(event.artwork)
        case .rowImpression: return !event.titles.allSatisfy(isID)
        case .titleRated: return !isID(event.title) || !(event.value >= 0.5 && event.value <= 5)
        case .titleHidden, .myListAdded, .myListRemoved, .continueWatchingRemoved: return !isID(event.title)
        case .bufferStart, .bufferEnd, .qualityChange, .qualitySample: return !isID(event.session) || !isID(event.title)
        case .errorOccurred, .playbackFailed: return !isAbsentOrID(event.title)
        case .abTestAssignment:
            return !isID(event.text) || !isID(event.detail) || !isAbsentOrID(event.segment) || !(event.value > 0 && event.value <= 1)
        case .attributionPlay: return !isID(event.text) || !isAbsentOrID(event.detail) || !isAbsentOrID(event.segment)
        case .attributionImpression, .attributionAssignment:
            return !isID(event.text) || !isID(event.detail) || !isAbsentOrID(event.segment)
        case .deadLetter: return true
        case .definitionsChanged: preconditionFailure("the oracle knows one definition for the whole log")
        case .erasedResidue: preconditionFailure("the oracle knows the log as it was written")
        }
    }
}

/// How many records came to which end.
package struct OracleLedger: Equatable, Sendable {
    package var received: Int64 = 0
    package var applied: Int64 = 0
    package var duplicates: Int64 = 0
    package var filtered: Int64 = 0
    package var deadLettered: Int64 = 0
    /// Append time of the newest record, event time of the newest applied one; 0 where there is none.
    package var logTime: Int64 = 0
    package var asOf: Int64 = 0

    package init() {}
}

extension Oracle {
    /// The ledger of the records of a partition whose keys are in a bucket.
    package func ledger(of place: Place, where isInBucket: (_ key: String) -> Bool = { _ in true }) -> OracleLedger {
        var ledger = OracleLedger()
        for record in records[place] ?? [] where isInBucket(record.event.key) {
            ledger.received += 1
            if record.event.appendTime < 253_402_300_800_000 { ledger.logTime = max(ledger.logTime, record.event.appendTime) }
            switch record.verdict {
            case .applied:
                ledger.applied += 1
                ledger.asOf = max(ledger.asOf, record.event.timestamp)
            case .duplicate: ledger.duplicates += 1
            case .filtered: ledger.filtered += 1
            case .deadLettered: ledger.deadLettered += 1
            }
        }
        return ledger
    }

    /// The dead letters of a partition: offset, key and reason.
    package func deadLetters(of place: Place) -> Set<String> {
        var found: Set<String> = []
        for record in records[place] ?? [] {
            if case .deadLettered(let reason) = record.verdict { found.insert("\(record.event.offset) \(record.event.key) \(reason)") }
        }
        return found
    }
}
