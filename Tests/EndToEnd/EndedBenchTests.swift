import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// A benchmark that is ended leaves no server and no folder behind.
    @Suite struct EndedBenchTests {
        /// Processes that work in the folder or were told of it.
        private func processes(of folder: String) -> [String] {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return all.filter { Int32($0) != nil }.compactMap { pid in
                let words = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
                return words.contains(folder) ? words.replacingOccurrences(of: "\0", with: " ") : nil
            }
        }

        @Test(arguments: [("home", SIGTERM, "redis-server"), ("stream", SIGINT, "redis-server"), ("soak", SIGTERM, "serve")])
        func leavesNothing(_ bench: String, _ signal: Int32, _ server: String) async throws {
            let folder = FileManager.default.temporaryDirectory.path + "/ended-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let child = try ChildProcess(RecsBinary.path, ["bench", bench], environment: ["TMPDIR": folder])
            let hasBegun = await comesTrue { processes(of: folder).contains { $0.contains(server) } }
            #expect(hasBegun, "\(child.standardError)")
            child.signal(signal)
            let status = try await onOwnThread { child.wait() }
            #expect(status == signal, "\(child.standardError)")
            #expect(processes(of: folder).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }
}
