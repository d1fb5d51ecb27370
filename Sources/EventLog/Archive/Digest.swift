internal import Crypto
internal import Foundation

/// SHA-256 of bytes that come piece by piece, in hexadecimal: what `sha256sum` prints.
package struct Digest {
    private static let readByteCount = 1 << 20

    private var hash = SHA256()

    package init() {}

    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { hash.update(bufferPointer: $0) } }

    /// The digest of all that came.
    package func finish() -> String {
        hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The digest of one buffer.
    package static func hexadecimal(of bytes: [UInt8]) -> String {
        var digest = Digest()
        digest.update(bytes)
        return digest.finish()
    }

    /// The digest of a file's bytes, and how many there are.
    package static func hexadecimal(ofFile path: String) throws -> (digest: String, byteCount: Int64) {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        var digest = Digest()
        var count: Int64 = 0
        while let data = try file.read(upToCount: readByteCount), !data.isEmpty {
            data.withUnsafeBytes { digest.hash.update(bufferPointer: $0) }
            count += Int64(data.count)
        }
        return (digest.finish(), count)
    }
}
