/// Scenes: what one viewer does in a row.
extension EventStream {
    mutating func play(_ viewer: Viewer, _ at: Int64) -> [String] {
        let title = title()
        let duration = Int64.random(in: 300_000...5_000_000, using: &random)
        var (now, watched) = (at, Int64(0))
        var lines = [event("play_start", viewer, now, "\"title_id\":\"\(title)\",\"position_ms\":0,\"duration_ms\":\(duration)")]
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let step = Int64.random(in: 1000...900_000, using: &random)
            now += step
            watched = min(watched + step, duration)
            let place = "\"title_id\":\"\(title)\",\"position_ms\":\(watched),\"watched_ms\":\(watched),\"duration_ms\":\(duration)"
            lines.append(event(Bool.random(using: &random) ? "play_pause" : "play_resume", viewer, now, place))
        }
        if Int.random(in: 0..<8, using: &random) == 0 {
            lines.append(event("seek", viewer, now, "\"title_id\":\"\(title)\",\"from_ms\":\(watched),\"to_ms\":\(duration / 2)"))
        }
        guard Int.random(in: 0..<10, using: &random) > 0 else { return lines }
        let step = Int64.random(in: 1000...3_000_000, using: &random)
        watched = min(watched + step, duration)
        let place = "\"title_id\":\"\(title)\",\"position_ms\":\(watched),\"watched_ms\":\(watched),\"duration_ms\":\(duration)"
        return lines + [event("play_stop", viewer, now + step, place)]
    }

    /// What is shown of a title under test is mostly followed by playing it.
    mutating func impressions(_ viewer: Viewer, _ at: Int64) -> [String] {
        var lines: [String] = []
        let row = (0..<Int.random(in: 1...8, using: &random)).map { _ in "\"\(title())\"" }.joined(separator: ",")
        lines.append(event("row_impression", viewer, at, "\"row_id\":\"top\",\"row_position\":1,\"title_ids\":[\(row)]"))
        let artwork = EventStream.variants[Int.random(in: 0..<3, using: &random)].1
        for step in 0..<Int64.random(in: 1...3, using: &random) {
            let shown = title()
            let art = shown == EventStream.testedTitle ? ",\"artwork_id\":\"\(artwork)\"" : ""
            lines.append(
                event(
                    "recommendation_shown", viewer, at + step * 1000, "\"title_id\":\"\(shown)\"\(art),\"row_id\":\"top\",\"rank\":\(step)")
            )
        }
        if Bool.random(using: &random) {
            lines.append(event("title_hovered", viewer, at + 4000, "\"title_id\":\"\(title())\",\"hover_ms\":900"))
        }
        if Int.random(in: 0..<5, using: &random) == 0 { lines.append(event("scroll_position", viewer, at + 4500, "\"row_position\":3")) }
        if Int.random(in: 0..<3, using: &random) == 0 { lines += play(viewer, at + Int64.random(in: 5000...2_000_000, using: &random)) }
        return lines
    }

    mutating func search(_ viewer: Viewer, _ at: Int64) -> [String] {
        let query = "query \(Int.random(in: 0..<40, using: &random))"
        let asked = event("search_query", viewer, at, "\"query\":\"\(query)\",\"results_count\":3")
        guard Bool.random(using: &random) else { return [asked] }
        return [asked, event("search_result_click", viewer, at + 3000, "\"query\":\"\(query)\",\"title_id\":\"\(title())\",\"rank\":1")]
    }

    mutating func feedback(_ viewer: Viewer, _ at: Int64) -> [String] {
        (0..<Int64.random(in: 1...3, using: &random)).map { step in
            let types = ["title_rated", "title_rated", "title_hidden", "my_list_added", "my_list_removed", "continue_watching_removed"]
            let type = types[Int.random(in: 0..<types.count, using: &random)]
            let rating = Double(Int.random(in: 1...10, using: &random)) / 2
            return event(
                type, viewer, at + step * 20_000, "\"title_id\":\"\(title())\"" + (type == "title_rated" ? ",\"rating\":\(rating)" : ""))
        }
    }

    mutating func quality(_ viewer: Viewer, _ at: Int64) -> [String] {
        let title = title()
        var throughput = Int64.random(in: 500...6000, using: &random)
        var buffer: Int64 = 6000
        return (0..<Int64.random(in: 2...10, using: &random)).map { number in
            let now = at + number * 2500
            throughput = max(100, throughput + Int64.random(in: -1200...1200, using: &random))
            buffer = min(max(0, buffer + Int64.random(in: -3000...3500, using: &random)), 30_000)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: return event("buffer_start", viewer, now, "\"title_id\":\"\(title)\",\"position_ms\":1,\"buffer_ms\":0")
            case 1: return event("buffer_end", viewer, now, "\"title_id\":\"\(title)\",\"stalled_ms\":700")
            case 2: return event("quality_change", viewer, now, "\"title_id\":\"\(title)\",\"from_kbps\":3000,\"to_kbps\":1500")
            default:
                return event(
                    "quality_sample", viewer, now,
                    "\"title_id\":\"\(title)\",\"buffer_ms\":\(buffer),\"throughput_kbps\":\(throughput),\"bitrate_kbps\":3000")
            }
        }
    }

    mutating func failure(_ viewer: Viewer, _ at: Int64) -> [String] {
        let code = "E\(Int.random(in: 0..<4, using: &random))"
        if Bool.random(using: &random) { return [event("playback_failed", viewer, at, "\"title_id\":\"\(title())\",\"code\":\"\(code)\"")] }
        return [event("error_occurred", viewer, at, "\"code\":\"\(code)\",\"title_id\":\"\(title())\"")]
    }

    mutating func experiment(_ viewer: Viewer, _ at: Int64) -> [String] {
        let variant = EventStream.variants[Int.random(in: 0..<3, using: &random)].0
        let segment = ["", ",\"segment\":\"new\""][Int.random(in: 0..<2, using: &random)]
        return [
            event(
                "ab_test_assignment", viewer, at,
                "\"test_id\":\"\(EventStream.test)\",\"variant_id\":\"\(variant)\",\"title_id\":\"sintel\"\(segment),\"propensity\":0.33")
        ]
    }
}
