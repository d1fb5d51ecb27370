import Events
import TestSupport

/// What is done to the processes while they work.
package enum Disturbance: String, CaseIterable, Sendable {
    case workerKill = "worker killed"
    case afterUsers = "worker died after_users"
    case afterEmission = "worker died after_emission"
    case afterTitles = "worker died after_titles"
    case afterMarkers = "worker died after_markers"
    case zombie = "worker stopped and continued"
    case redisKill = "redis killed"
    case redisRollback = "redis killed and rolled back"
    case connectionKill = "redis connections killed"
    case gatewayKill = "gateway killed"
    case brokerRestart = "broker restarted"
    case memberChange = "member left and joined"
    case diskFull = "worker's disk full"
    case promotion = "lagging replica promoted"
    case slotMove = "slot moved under load"
    case brokerErrors = "broker errors injected"
    case brokerDelay = "broker delayed"
    case brokerDown = "broker down for a while"
    case leaderMove = "partition leader moved"

    /// The name that `RECS_FAILPOINT` knows it by.
    var failpoint: String? {
        switch self {
        case .afterUsers: "after_users"
        case .afterEmission: "after_emission"
        case .afterTitles: "after_titles"
        case .afterMarkers: "after_markers"
        default: nil
        }
    }

    /// Topics whose jobs come by the failpoint.
    var topics: [Topic] {
        switch self {
        case .afterEmission: [.play, .impression, .experiment, .quality]
        case .afterTitles: [.play, .impression, .error, .attribution]
        default: WorkerFleet.topics
        }
    }

    private func weight(_ settings: TortureSettings) -> Int {
        let log = settings.log
        // The mock cluster takes seconds to see that a member has died, and seconds more to let the next one in: few die there, and what it is good at
        // comes often.
        let isMock = log == .mock
        let isCluster = settings.redis == .cluster
        return switch self {
        case .afterUsers, .afterEmission, .afterTitles, .afterMarkers: isMock ? 0 : 10
        case .workerKill: isMock ? 3 : 13
        case .zombie: isMock ? 0 : 7
        case .redisKill: 10
        case .redisRollback: 15
        case .connectionKill: 8
        case .gatewayKill: 7
        case .brokerRestart: log == .kafka ? 6 : 0
        case .memberChange: isMock ? 3 : log == .kafka ? 7 : 0
        case .diskFull: isMock ? 2 : 6
        case .promotion, .slotMove: isCluster ? 12 : 0
        case .brokerErrors: isMock ? 30 : 0
        case .brokerDelay, .brokerDown, .leaderMove: isMock ? 10 : 0
        }
    }

    /// What happens to Redis.
    private static let storeKinds: Set<Disturbance> = [.redisKill, .redisRollback, .connectionKill, .promotion, .slotMove]

    /// True for what takes so long that events go on flowing meanwhile.
    func takesLong(_ settings: TortureSettings) -> Bool {
        self == .zombie || (settings.redis == .cluster && Disturbance.storeKinds.contains(self))
    }

    /// Parts into which the events are cut: one before each disturbance, and one to flow through those that take long.
    static func partCount(_ schedule: [Disturbance], _ settings: TortureSettings) -> Int {
        schedule.count + schedule.count { $0.takesLong(settings) }
    }

    /// In a run of 100 kills or more, each failpoint that is dealt at all is hit ten times, whatever else there is.
    private func leastCount(_ settings: TortureSettings) -> Int {
        failpoint != nil && weight(settings) > 0 && settings.killCount >= 100 ? 10 : 0
    }

    /// So many disturbances in a seeded order, or a few more, each kind by its weight.
    static func schedule(_ settings: TortureSettings) -> [Disturbance] {
        let kinds = allCases.filter { !settings.without.contains($0) }
        let total = max(1, kinds.reduce(0) { $0 + $1.weight(settings) })
        var schedule: [Disturbance] = []
        var (dealt, shared) = (0, 0)
        for kind in kinds {
            // Rounding the running sum deals out exactly as many as are wanted.
            dealt += kind.weight(settings)
            let wanted = (settings.killCount * dealt + total / 2) / total
            let share = max(0, wanted - shared)
            shared += share
            schedule += Array(repeating: kind, count: max(share, kind.leastCount(settings)))
        }
        var random = SplitMix64(seed: settings.seed &+ 1)
        return schedule.shuffled(using: &random)
    }
}
