/// Where a broker of a `kafka://…` log is.
struct BrokerAddress: Sendable, Equatable {
    static let scheme = "kafka://"
    /// What librdkafka takes where none is named.
    private static let portDefault = 9092

    var host: String
    var port: Int

    /// A host, with a port or without; an IPv6 address in brackets. Nil where the text is none of these.
    init?(_ text: Substring) {
        var name = text
        port = BrokerAddress.portDefault
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
            port = number
            name = text[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = name.dropFirst().dropLast()
        } else if name.contains(":") {
            return nil
        }
        guard !name.isEmpty, !name.contains(where: { $0.isWhitespace || "/@?#[]".contains($0) }) else { return nil }
        host = String(name)
    }

    /// What a log's address names, as written; none for the embedded log.
    static func names(in log: String) -> [Substring] {
        log.hasPrefix(scheme) ? log.dropFirst(scheme.count).split(separator: ",", omittingEmptySubsequences: false) : []
    }
}
