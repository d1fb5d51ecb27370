internal import Foundation

/// Where a Redis is and how to get in, as its URL says.
///
/// `redis://[user][:password@]host[:port][/database]`, `redis+unix:///path/to.sock[?db=N]`, `unix:///path/to.sock[?db=N]`, or for a Redis
/// Cluster, of which any nodes are named, `redis-cluster://[user][:password@]host[:port][,host[:port]…]`.
package struct StoreAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Endpoint: Sendable, Hashable {
        case tcp(host: String, port: Int32)
        case unix(path: String)
        /// A cluster, by nodes that are asked for the others.
        case cluster(seeds: [StoreAddress])
    }
    private static let clusterScheme = "redis-cluster://"

    package let endpoint: Endpoint
    package let user: String?
    package let password: String?
    package let database: Int

    /// Throws `badAddress` with what is wrong and how it should look.
    package init(_ url: String) throws(StoreError) {
        if url.lowercased().hasPrefix(StoreAddress.clusterScheme) {
            self = try StoreAddress.cluster(url.dropFirst(StoreAddress.clusterScheme.count))
            return
        }
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased() else {
            throw StoreError(
                .badAddress, "not a Redis URL; write redis://host:6379/0 or redis+unix:///path/to.sock, special characters as %XX")
        }
        switch scheme {
        case "redis":
            guard let host = parts.host, !host.isEmpty else {
                throw StoreError(.badAddress, "the Redis URL names no host: redis://host:6379/0")
            }
            guard let port = Int32(exactly: parts.port ?? 6379), (1...65_535).contains(port) else {
                throw StoreError(.badAddress, "the port of the Redis URL must be 1 to 65535")
            }
            endpoint = .tcp(host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port: port)
            database = try StoreAddress.database(parts.path.trimmingCharacters(in: CharacterSet(charactersIn: "/")))
        case "redis+unix", "unix":
            guard parts.path.hasPrefix("/"), parts.path.count > 1 else {
                throw StoreError(.badAddress, "the Redis URL names no socket: redis+unix:///path/to.sock")
            }
            endpoint = .unix(path: parts.path)
            database = try StoreAddress.database(parts.queryItems?.first { $0.name == "db" }?.value ?? "")
        case "rediss":
            throw StoreError(
                .badAddress,
                "rediss:// needs TLS, which this build's hiredis does not have: use redis+unix://, or redis:// to a TLS tunnel on this machine"
            )
        default:
            throw StoreError(.badAddress, "\(scheme):// is not a Redis URL; use redis://, redis+unix:// or redis-cluster://")
        }
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password
    }

    /// A socket of this machine, database 0, no password.
    package init(socketPath: String) { self.init(.unix(path: socketPath), user: nil, password: nil) }

    private init(_ endpoint: Endpoint, user: String?, password: String?) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        database = 0
    }

    /// What follows the scheme of a cluster's URL.
    private static func cluster(_ text: Substring) throws(StoreError) -> StoreAddress {
        let split = text.lastIndex(of: "@").map { text.index(after: $0) } ?? text.startIndex
        let rights = text[..<split]
        var hosts = text[split...]
        if hosts.hasSuffix("/") { hosts = hosts.dropLast() }
        var seeds: [StoreAddress] = []
        for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
            if host.contains(where: { "/?#".contains($0) }) {
                throw StoreError(.badAddress, "a Redis Cluster has no databases: redis-cluster://host:6379,host:6379")
            }
            seeds.append(try StoreAddress("redis://\(rights)\(host)"))
        }
        return StoreAddress(.cluster(seeds: seeds), user: seeds[0].user, password: seeds[0].password)
    }

    /// Another server, which lets us in as this one does.
    func sibling(host: String, port: Int32) -> StoreAddress {
        StoreAddress(.tcp(host: host, port: port), user: user, password: password)
    }

    /// The URL without the password.
    package var description: String {
        switch endpoint {
        case .tcp: "redis://\(place)/\(database)"
        case .unix(let path): "redis+unix://\(path)" + (database == 0 ? "" : "?db=\(database)")
        case .cluster(let seeds): StoreAddress.clusterScheme + seeds.map(\.place).joined(separator: ",")
        }
    }

    /// Host and port of a TCP address.
    private var place: String {
        guard case .tcp(let host, let port) = endpoint else { return "" }
        return "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private static func database(_ text: String) throws(StoreError) -> Int {
        if text.isEmpty { return 0 }
        guard let number = Int(text), number >= 0 else {
            throw StoreError(.badAddress, "the database of the Redis URL must be a number, found '\(text)'")
        }
        return number
    }
}
