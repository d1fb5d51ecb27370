/// Why a request to the service came to nothing: what was being done, what was found, what to do.
package struct ClientError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Nothing listens at the address.
        case unreachable
        /// The connection was lost, or no answer came in time; the request may have been carried out.
        case interrupted
        /// The service answered with an error of that status.
        case status(Int)
        case cancelled
        /// The address, or what was received, is not what it should be.
        case invalid
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
