import Foundation

/// The paths of the API, what may be done at each and with which query parameters, as the OpenAPI document lists them: it tells a wrong method
/// from a wrong path, and a misspelt parameter from one that was left out.
struct EndpointTable: Sendable {
    private struct Document: Decodable {
        struct Operation: Decodable {
            var parameters: [Parameter]?
        }
        struct Parameter: Decodable {
            var name: String
            var `in`: String
        }
        var paths: [String: [String: Operation]]
    }

    private struct Endpoint: Sendable {
        /// Nil stands for a parameter.
        var segments: [String?]
        var methods: [String]
    }

    private let endpoints: [Endpoint]
    /// Query parameters by path and method; of our own API alone, as clients of the schema registry send what they like.
    private let parameters: [String: [String: [String]]]

    /// Of a process that serves none of it.
    static let empty = EndpointTable(endpoints: [], parameters: [:])

    private init(endpoints: [Endpoint], parameters: [String: [String: [String]]]) {
        self.endpoints = endpoints
        self.parameters = parameters
    }

    init(openAPI: String) throws {
        let paths = try JSONDecoder().decode(Document.self, from: Data(openAPI.utf8)).paths
        parameters = paths.filter { $0.key.hasPrefix("/v1/") }.mapValues { operations in
            let names = operations.map { method, operation in
                (method.uppercased(), (operation.parameters ?? []).filter { $0.in == "query" }.map(\.name).sorted())
            }
            return Dictionary(uniqueKeysWithValues: names)
        }
        endpoints = paths.map { path, operations in
            let methods = operations.keys.map { $0.uppercased() }
            return Endpoint(
                segments: path.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) },
                // Whoever reads may ask for the head alone.
                methods: (methods + (methods.contains("GET") ? ["HEAD"] : [])).sorted())
        }
    }

    /// What is wrong with the names in a query, nil where nothing is; `path` as the document has it.
    func fault(ofQuery query: String, method: String, path: String) -> String? {
        guard let known = parameters[path]?[method == "HEAD" ? "GET" : method] else { return nil }
        var seen: Set<Substring> = []
        for pair in query.split(separator: "&") {
            let name = pair.prefix { $0 != "=" }
            if !known.contains(String(name)) {
                let those = known.isEmpty ? "none" : known.map { "`\($0)`" }.joined(separator: ", ")
                return "`\(name)` is no parameter of \(method) \(path); it takes \(those)"
            }
            if !seen.insert(name).inserted { return "`\(name)` is given twice; give it once" }
        }
        return nil
    }

    /// The methods at a path, in order; empty where there is nothing.
    func methods(at path: String) -> [String] {
        let segments = path.split(separator: "/")
        let found = endpoints.filter { endpoint in
            endpoint.segments.count == segments.count && zip(endpoint.segments, segments).allSatisfy { $0 == nil || $0! == $1 }
        }
        return Set(found.flatMap(\.methods)).sorted()
    }
}
