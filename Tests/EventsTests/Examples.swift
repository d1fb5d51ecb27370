import Events

/// A good event of each public type, with all its fields given.
enum Examples {
    static let id = "0190163d-8694-739b-aea5-966c26f8ad91"

    static let own: [EventType: String] = [
        .playStart: #""title_id":"t1","position_ms":1500,"duration_ms":5400000,"artwork_id":"a2","row_id":"top-picks""#,
        .playPause: #""title_id":"t1","position_ms":61500,"watched_ms":60000,"duration_ms":5400000"#,
        .playResume: #""title_id":"t1","position_ms":61500,"watched_ms":null,"duration_ms":null"#,
        .playStop: #""title_id":"t1","position_ms":181500,"watched_ms":180000,"duration_ms":5400000"#,
        .seek: #""title_id":"t1","from_ms":181500,"to_ms":240000"#,
        .searchQuery: #""query":"häuser \"am\" Meer 🌊 \ud83c\udf0a\u00e9\n","results_count":12"#,
        .searchResultClick: #""query":"meer","title_id":"t2","rank":3"#,
        .rowImpression: #""row_id":"new","row_position":2,"title_ids":["t1","t\u0032","tü"]"#,
        .titleHovered: #""title_id":"t1","hover_ms":800,"artwork_id":"a1","row_id":"new""#,
        .scrollPosition: #""row_position":7,"row_id":"genre-drama""#,
        .recommendationShown: #""title_id":"t1","artwork_id":"a1","row_id":"new","row_position":2,"rank":4"#,
        .titleRated: #""title_id":"t1","rating":4.5"#,
        .titleHidden: #""title_id":"t1""#,
        .myListAdded: #""title_id":"t1""#,
        .myListRemoved: #""title_id":"t1""#,
        .continueWatchingRemoved: #""title_id":"t1""#,
        .bufferStart: #""title_id":"t1","position_ms":90000,"buffer_ms":0"#,
        .bufferEnd: #""title_id":"t1","stalled_ms":2300"#,
        .qualityChange: #""title_id":"t1","from_kbps":3000,"to_kbps":1200,"reason":"throughput""#,
        .qualitySample:
            #""title_id":"t1","position_ms":90000,"buffer_ms":12000,"throughput_kbps":5400,"bitrate_kbps":3000,"dropped_frames":2,"adapting":true,"ladder_kbps":[300,1200,3000]"#,
        .errorOccurred: #""code":"E42","message":"no picture","title_id":"t1","fatal":true"#,
        .playbackFailed: #""title_id":"t1","code":"DRM","message":"no licence","position_ms":12"#,
        .abTestAssignment: #""test_id":"poster","variant_id":"b","title_id":"t1","segment":"drama","propensity":0.25"#,
    ]

    static var types: [EventType] { EventType.allCases.filter(\.isPublic) }

    static func common(_ type: EventType) -> String {
        #""event_id":"\#(id)","event_type":"\#(type.rawValue)","user_id":"u1","device_id":"tv","session_id":"s1","timestamp":\#(Fixture.now - 1000),"region":"SEA""#
    }

    /// The event as JSON; `own` and `common` replace its fields.
    static func event(_ type: EventType, own: String? = nil, common: String? = nil) -> String {
        let own = own ?? Self.own[type] ?? ""
        return "{\(common ?? Self.common(type))\(own.isEmpty ? "" : ",")\(own)}"
    }

    /// A `title_hidden` with one common field set to other JSON.
    static func hidden(_ field: String, _ json: String) -> String {
        var fields = [
            "event_id": "\"\(id)\"", "event_type": "\"title_hidden\"", "user_id": "\"u1\"", "device_id": "\"tv\"", "session_id": "\"s1\"",
            "timestamp": "\(Fixture.now)", "region": "\"SEA\"", "title_id": "\"t1\"",
        ]
        fields[field] = json
        return "{" + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }
}
