import NIOConcurrencyHelpers

/// The maturity limits of profiles: in the control store to last, in memory for the requests.
package final class ProfileLimits: Sendable {
    /// What a profile without a limit may see.
    package static let unlimited = 18

    private let control: ControlStore
    private let box: NIOLockedValueBox<[String: Int]>

    package init(control: ControlStore) throws {
        self.control = control
        box = NIOLockedValueBox(try control.maturityLimits())
    }

    package func limit(of user: String) -> Int { box.withLockedValue { $0[user] } ?? ProfileLimits.unlimited }

    /// Sets the limit; nil takes it away.
    package func set(_ limit: Int?, user: String) throws {
        try control.setMaturityLimit(limit, user: user)
        box.withLockedValue { $0[user] = limit }
    }

    /// Takes over what other processes have set.
    package func refresh() throws {
        let limits = try control.maturityLimits()
        box.withLockedValue { $0 = limits }
    }
}
