import Foundation

/// The paths of the API and what may be done at each, as the OpenAPI document lists them: it tells a wrong method from a wrong path.
struct EndpointTable: Sendable {
    private struct Document: Decodable {
        /// An operation is told by its method alone.
        struct Operation: Decodable {}
        var paths: [String: [String: Operation]]
    }

    private struct Endpoint: Sendable {
        /// Nil stands for a parameter.
        var segments: [String?]
        var methods: [String]
    }

    private let endpoints: [Endpoint]

    /// Of a process that serves none of it.
    static let empty = EndpointTable(endpoints: [])

    private init(endpoints: [Endpoint]) { self.endpoints = endpoints }

    init(openAPI: String) throws {
        endpoints = try JSONDecoder().decode(Document.self, from: Data(openAPI.utf8)).paths.map { path, operations in
            let methods = operations.keys.map { $0.uppercased() }
            return Endpoint(
                segments: path.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) },
                // Whoever reads may ask for the head alone.
                methods: (methods + (methods.contains("GET") ? ["HEAD"] : [])).sorted())
        }
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
