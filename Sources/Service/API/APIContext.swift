import Hummingbird
import Logging

/// What a request carries through the middleware: who asks.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The key presented; nil where the service runs without keys (loopback only), which allows all.
    var key: APIKey?

    init(source: Source) {
        coreContext = .init(source: source)
    }
}
