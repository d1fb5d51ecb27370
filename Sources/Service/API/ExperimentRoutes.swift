import Experiments
import Features
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// `/v1/experiments`: the tests that run and their reports, as JSON, as text and as a picture.
struct ExperimentRoutes: Sendable {
    let tests: [ThumbnailTest]
    let published: PublishedBox

    func add(to group: RouterGroup<APIContext>) {
        group.get("experiments") { _, _ in list() }
        group.get("experiments/:test/report") { request, context in try report(request, context) }
    }

    private func list() -> Response {
        let catalog = published.current.catalog
        return .json(
            JSONWriter.object { json in
                json.member("experiments")
                json.array(tests) { json, test in
                    json.object { json in
                        json.member("test_id", test.id.description)
                        json.member("title_id", test.title.description)
                        json.member("coverage", test.coverage)
                        json.member("problem", test.lack(in: catalog))
                        json.member("variants")
                        json.array(test.variants) { json, variant in
                            json.object {
                                $0.member("variant_id", variant.id.description)
                                $0.member("artwork_id", variant.artwork.description)
                                $0.member("weight", variant.weight)
                            }
                        }
                    }
                }
            })
    }

    /// `Accept: image/svg+xml` (or `?format=svg`) for the picture, `text/plain` (or `?format=text`) for the table.
    private func report(_ request: Request, _ context: APIContext) throws -> Response {
        let id = try context.name("test")
        guard let test = tests.first(where: { $0.id.description == id }) else {
            let known = tests.map(\.id.description).joined(separator: ", ")
            throw Problem.notFound("there is no test `\(id)`; tests in the configuration: \(known.isEmpty ? "none" : known)")
        }
        let published = published.current
        let report = ThumbnailReport(test: test, totals: totals(of: test, in: published.snapshot), snapshotAt: published.snapshotAt)
        let accept = request.headers[.accept] ?? ""
        let format = Query(request: request).text("format")
        if format == "svg" || format == nil && accept.contains("image/svg+xml") { return .text(report.svg, type: "image/svg+xml") }
        if format == "text" || format == nil && accept.contains("text/plain") { return .text(report.text) }
        return .json(ByteBuffer(string: try report.jsonText()))
    }
}
