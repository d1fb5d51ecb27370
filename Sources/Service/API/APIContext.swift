import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// What a request carries through the middleware.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: Source) {
        coreContext = .init(source: source)
    }

    /// A parameter of the path, which arrives percent-encoded.
    func name(_ parameter: String) throws -> String {
        let text = try parameters.require(parameter)
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        guard let decoded = text.removingPercentEncoding else {
            throw Problem.badRequest("`\(text)` in the path is no percent-encoded UTF-8; write a % that stands for itself as %25")
        }
        return decoded
    }
}

extension Request {
    /// Refuses what is not said to be JSON: a page of the web can have a browser post anything else to 127.0.0.1 unasked.
    func expectJSON() throws(Problem) {
        let type = headers[.contentType] ?? ""
        let essence = type.prefix { $0 != ";" }.lowercased().trimmingCharacters(in: .whitespaces)
        guard essence == "application/json" || essence.hasPrefix("application/vnd.") && essence.hasSuffix("json") else {
            throw Problem(.unsupportedMediaType, "Unsupported media type", "content type is `\(type)`; send application/json")
        }
    }
}
