/// The module's error: what was being done, what was found, what to do.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// No connection, no answer in time, a queue that is full, a server that is loading or cannot write: try again later.
        case unavailable
        /// The server is a replica: its master has moved.
        case readOnly
        /// The server is at `maxmemory`.
        case outOfMemory
        /// Wrong password or missing rights.
        case denied
        /// The URL names nothing that we can speak to.
        case badAddress
        /// `redis-server` is not installed.
        case notInstalled
        /// Another process uses the data folder.
        case locked
        /// An answer that the command cannot have: another program, a key of a foreign type, a cluster named as a single server.
        case protocolError
    }
    package var kind: Kind
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// What an error reply of Redis means; its first word is the code.
    init(reply text: String) {
        let code = text.prefix { $0 != " " }
        switch code {
        case "READONLY":
            self.init(.readOnly, "Redis is a read-only replica (\(text)): name its master")
        case "OOM":
            self.init(.outOfMemory, "Redis is at its maxmemory (\(text)): raise maxmemory, or shorten the retention of features")
        case "NOAUTH", "WRONGPASS", "NOPERM":
            self.init(.denied, "Redis refuses us (\(text)): check user and password of the Redis URL")
        case "MISCONF":
            self.init(.unavailable, "Redis cannot write its files (\(text)): free space on its disk")
        case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS":
            self.init(.unavailable, "Redis is not ready: \(text)")
        case "MOVED", "ASK":
            self.init(.protocolError, "this is a node of a Redis Cluster (\(text)): write its URL as redis-cluster://host:port")
        default:
            self.init(.protocolError, "Redis answered: \(text)")
        }
    }
}
