import Features
import Hummingbird

/// Reads query parameters; a wrong one is a 400 that names it.
struct Query {
    let request: Request

    func text(_ name: String) -> String? {
        request.uri.query == nil ? nil : request.uri.queryParameters[Substring(name)].map(String.init)
    }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = text(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .badRequest("`\(name)` is `\(text)`; use a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func flag(_ name: String) throws(Problem) -> Bool {
        switch text(name) {
        case nil, "false": return false
        case "true": return true
        case .some(let text): throw .badRequest("`\(name)` is `\(text)`; use true or false")
        }
    }

    func region(_ name: String = "region") throws(Problem) -> RegionID? {
        guard let text = text(name), !text.isEmpty else { return nil }
        guard let region = RegionID(text) else { throw .badRequest("`\(name)` is `\(text)`; a region has at most 8 bytes") }
        return region
    }

    func wish() throws(Problem) -> PageWish {
        var wish = PageWish()
        wish.region = try region()
        wish.maturityLimit = try integer("maturity", 0...18)
        wish.rowCountMax = try integer("rows", 1...40) ?? wish.rowCountMax
        wish.itemCountMax = try integer("items", 1...100) ?? wish.itemCountMax
        return wish
    }

    /// The token of a `POST /v1/events` whose events the answer must know.
    func token() throws(Problem) -> ReadToken? {
        guard let text = text("token") else { return nil }
        guard let token = ReadToken(text: text) else { throw .badRequest("`token` is not a token of POST /v1/events") }
        return token
    }
}
