import Foundation
import FoundationNetworking
import Testing

/// What the API answered.
struct Answer: Sendable {
    var status: Int
    var headers: [String: String]
    var body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a value of the type; `snake_case` members fill `camelCase` properties.
    func decoded<T: Decodable>(_ type: T.Type) throws -> T { try Answer.decoded(type, from: body) }

    /// The same of any JSON text.
    static func decoded<T: Decodable>(_ type: T.Type, from text: Data) throws -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: text)
    }

    /// Sends a request and takes the whole answer, which every test so holds to what the API says of itself; a worker has none (`servesAPI`).
    static func to(
        _ method: String = "GET", _ address: String, body: Data? = nil, headers: [String: String] = [:], servesAPI: Bool = true,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        guard let url = URL(string: address) else { throw URLError(.badURL) }
        var request = URLRequest(url: url, timeoutInterval: 30)
        request.httpMethod = method
        request.httpBody = body
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        let found = response.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
        let answer = Answer(status: response.statusCode, headers: Dictionary(found) { $1 }, body: data)
        // Of what a HEAD answers there is nothing to hold against the document.
        if servesAPI && method != "HEAD" {
            let path = address.drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" }
            let faults = try OpenAPIContract().faults(of: answer, to: method, String(path))
            #expect(faults.isEmpty, "\(method) \(path): \(faults.prefix(5))", sourceLocation: location)
        }
        return answer
    }
}
