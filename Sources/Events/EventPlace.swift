// hot path

/// Where an event stands in the body.
enum EventPlace: BitwiseCopyable {
    /// The body is the event.
    case body
    /// The element of an array, counted from 0.
    case element(Int)
    /// The line of NDJSON, counted from 1.
    case line(Int)

    /// Containers of JSON that are open around the event.
    var depth: Int {
        if case .element = self { 1 } else { 0 }
    }
}
