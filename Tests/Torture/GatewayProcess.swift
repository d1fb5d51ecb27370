import Foundation
import TestSupport

/// `recs serve --no-jobs`, through which all events go; after a kill it comes back on the same port.
actor GatewayProcess {
    private let premises: Premises
    private var process: ChildProcess?
    private var port = 0

    init(_ premises: Premises) { self.premises = premises }

    var url: String { "http://127.0.0.1:\(port)" }
    var isRunning: Bool { process?.isRunning ?? false }

    func start() async throws {
        let process = try premises.start(
            premises.settings.binary, ["serve", "--no-jobs", "--host", "127.0.0.1", "--port", "\(port)"] + premises.options)
        self.process = process
        let listens = await comesTrue(within: 60) { GatewayProcess.port(in: process) != nil || !process.isRunning }
        guard listens, let found = GatewayProcess.port(in: process) else {
            throw TortureError("recs serve does not listen: \(process.standardError.suffix(2000))")
        }
        port = found
    }

    func killAndRestart() async throws {
        process?.signal(SIGKILL)
        process?.wait()
        do {
            try await start()
        } catch {
            // Somebody else may have taken the port.
            port = 0
            try await start()
        }
    }

    /// Ends it in an orderly way; answers its exit status.
    func stop() async throws -> Int32 {
        guard let process else { return 0 }
        process.signal(SIGTERM)
        if await !comesTrue(within: 30, { !process.isRunning }) { process.signal(SIGKILL) }
        return process.wait()
    }

    private static func port(in process: ChildProcess) -> Int? {
        let words = process.standardError.split(whereSeparator: \.isWhitespace)
        let address = words.first { $0.hasPrefix("http://127.0.0.1:") }
        return address.flatMap { Int($0.dropFirst("http://127.0.0.1:".count)) }
    }
}
