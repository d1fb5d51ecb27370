import Catalog
import Features
import Foundation
import TestSupport
import Testing

@testable import Service

@Suite struct CatalogStoreTests {
    private func document(_ title: String, genre: String) throws -> CatalogDocument {
        let fields = "\"title_id\":\"\(title)\",\"name\":\"T\",\"runtime_min\":9,\"maturity\":0,\"genres\":[\"\(genre)\"]"
        return try CatalogDocument.parse(Data("{\"titles\":[{\(fields)}]}".utf8))
    }

    /// Two processes on one data folder change the catalogue without having seen each other's change.
    @Test func aChangeThatAnotherProcessHasMadeStays() throws {
        let folder = try TemporaryFolder()
        let stores = try (0..<2).map { _ in try CatalogStore(control: ControlStore(folder: folder.path("data"))) }
        for (number, store) in stores.enumerated() {
            _ = try store.apply(document("t\(number)", genre: "g\(number)"), withdrawsOthers: false)
        }
        _ = try stores[0].refresh()
        let fresh = try CatalogStore(control: ControlStore(folder: folder.path("data")))
        for store in stores + [fresh] {
            #expect(store.current.titles.map(\.id.description) == ["t0", "t1"])
            #expect(store.current.genreNames == ["", "g0", "g1"] && store.current.version == 2)
        }
    }
}
