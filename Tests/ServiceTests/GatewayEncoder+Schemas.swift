import Events
import Foundation
import Service
import TestSupport

extension GatewayEncoder {
    /// An encoder by the schemas that we ship, with ids of its own.
    static func ofOurSchemas() throws -> GatewayEncoder {
        let schemas = try Resources(environment: ["RECS_HOME": Repository.root.path]).schemas()
        let ids = Dictionary(uniqueKeysWithValues: EventType.allCases.enumerated().map { ($1, Int32($0 + 1)) })
        return GatewayEncoder(schemas: schemas, schemaIDs: ids, limits: GatewayLimits())
    }
}
