import Events
import Foundation
import TestSupport

extension GatewayEncoder {
    /// An encoder by the schemas that we ship, with ids of its own.
    static func ofOurSchemas() throws -> GatewayEncoder {
        let folder = Repository.root.appendingPathComponent("Data/schemas")
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let sources = try names.filter { $0.hasSuffix(".avsc") }.map {
            try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)
        }
        let ids = Dictionary(uniqueKeysWithValues: EventType.allCases.enumerated().map { ($1, Int32($0 + 1)) })
        return GatewayEncoder(schemas: try EventSchemas(sources: sources), schemaIDs: ids, limits: GatewayLimits())
    }
}
