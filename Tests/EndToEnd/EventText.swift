import Foundation
import TestSupport

/// Events as a client writes them.
enum EventText {
    /// One event; `fields` are those of its own type, as JSON members.
    static func event(
        _ type: String, of user: String, _ fields: String, at time: Int64 = millisecondsNow(), session: String = "s-1",
        region: String = "SEA",
        id: UUID = UUID()
    ) -> String {
        """
        {"event_id":"\(id.uuidString.lowercased())","event_type":"\(type)","user_id":"\(user)","device_id":"tv","session_id":"\(session)",\
        "timestamp":\(time),"region":"\(region)",\(fields)}
        """
    }

    static func search(_ query: String, of user: String) -> String {
        event("search_query", of: user, "\"query\":\"\(query)\",\"results_count\":3")
    }

    /// A title begun and stopped after `minutes`, the last of which is a second ago.
    static func play(_ title: String, of user: String, minutes: Int64, of duration: Int64 = 100) -> [String] {
        let end = millisecondsNow() - 1000
        let watched = minutes * 60_000
        return [
            event("play_start", of: user, "\"title_id\":\"\(title)\",\"position_ms\":0", at: end - watched),
            event(
                "play_stop", of: user,
                "\"title_id\":\"\(title)\",\"position_ms\":\(watched),\"watched_ms\":\(watched),\"duration_ms\":\(duration * 60_000)",
                at: end),
        ]
    }
}
