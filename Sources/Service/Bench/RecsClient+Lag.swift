import Foundation

extension RecsClient {
    /// Records on the log that the service's jobs have not taken in.
    func lag() async throws -> Int {
        struct Status: Decodable {
            struct Job: Decodable { var lag: Int }
            var jobs: [Job]
        }
        let answer = try await get("/v1/status")
        return try JSONDecoder().decode(Status.self, from: Data(answer.text.utf8)).jobs.reduce(0) { $0 + $1.lag }
    }

    /// Waits until the jobs have taken in all that the log holds.
    func catchUp(askingEvery pause: Duration) async throws {
        while try await lag() > 0 { try await Task.sleep(for: pause) }
    }
}
