import Events
import FeatureStore
import Foundation
import TestSupport

/// Carries out the schedule while events flow: first the disturbances in step with the feeding, then what is still armed.
struct Torturer {
    let settings: TortureSettings
    let gate: FeedGate
    let gateway: GatewayProcess
    let servers: any FeatureServers
    let brokers: (any Brokers)?
    let fleet: WorkerFleet
    let raw: RawLog
    let tally: Tally
    let progress: @Sendable (String) -> Void

    /// How often what happened that no worker tells of, and when.
    actor Tally {
        private(set) var dealt: [Disturbance: Int] = [:]
        private(set) var survived: [Disturbance: Int] = [:]
        private(set) var erasures = 0
        private(set) var bytesForgotten = 0
        private(set) var phases = Phases()

        func deal(_ kind: Disturbance) { dealt[kind, default: 0] += 1 }
        func note(_ kind: Disturbance) { survived[kind, default: 0] += 1 }
        func noteErasure() { erasures += 1 }
        func noteForgotten(_ count: Int) { bytesForgotten += count }
        func endPhase(_ name: String) { phases.end(name) }
    }

    func run() async throws {
        var random = SplitMix64(seed: settings.seed &+ 2)
        let schedule = Disturbance.schedule(settings)
        let step = max(1, settings.eventCount / max(1, Disturbance.partCount(schedule, settings)))
        let deadline = ContinuousClock.now + .seconds(settings.minutesMax * 60)
        try await withThrowingDiscardingTaskGroup { group in
            for (number, kind) in schedule.enumerated() where !Task.isCancelled {
                guard ContinuousClock.now < deadline else {
                    progress("the time is up: \(schedule.count - number) disturbances are left out")
                    break
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...settings.pauseMillisecondsMax, using: &random)))
                if await fleet.hasLeftDead { try await forgetTheDead() }
                try await trouble(&random)
                // It strikes in the middle of the feeding, or a little later, while the last of it is being committed.
                await gate.allow(step)
                let reached = await gate.sent + Int.random(in: 0...step, using: &random)
                _ = await comesTrue(within: 20) {
                    let isOpen = await gate.isOpen
                    let sent = await gate.sent
                    return sent >= reached || !isOpen
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...150, using: &random)))
                progress("\(number + 1)/\(schedule.count), \(await gate.sent) events: \(kind.rawValue)")
                await tally.deal(kind)
                if kind.takesLong(settings) { await gate.allow(step) }
                if kind == .diskFull {
                    let seconds = Double.random(in: 0.5...4, using: &random)
                    guard let full = try await victim({ try await fleet.fillDisk() }) else { continue }
                    group.addTask {
                        try? await Task.sleep(for: .seconds(seconds))
                        try await fleet.freeDisk(full)
                    }
                } else {
                    try await perform(kind)
                }
            }
            await gate.allow(max(0, settings.eventCount - (await gate.allowed)))
            _ = await comesTrue(within: 600) { await gate.sent >= settings.eventCount || Task.isCancelled }
        }
        await tally.endPhase("feeding and disturbing")
        try await awaitFailpoints()
        await tally.endPhase("coming by the last failpoints")
    }

    /// Now and then something out of the ordinary on the log: an erasure, records that are no events.
    private func trouble(_ random: inout SplitMix64) async throws {
        let user = "viewer-\(Int.random(in: 0..<settings.userCount, using: &random))"
        let topic = Topic.allCases.filter(\.hasJob)[Int.random(in: 0..<8, using: &random)]
        if Int.random(in: 0..<6, using: &random) == 0 {
            try await Eraser(gateway: gateway).erase(user)
            await tally.noteErasure()
        }
        if Bool.random(using: &random) { await raw.appendGarbage(user, to: topic) }
    }

    private func perform(_ kind: Disturbance) async throws {
        switch kind {
        case .workerKill: _ = try await victim { await fleet.killOne() }
        case .afterUsers, .afterEmission, .afterTitles, .afterMarkers: await fleet.arm(kind)
        case .memberChange: _ = try await victim { await fleet.killOne(.memberChange, SIGTERM) }
        case .zombie: try await makeZombie()
        case .diskFull: preconditionFailure("a full disk lasts while others go on")
        case .redisKill, .redisRollback, .connectionKill, .promotion, .slotMove: try await disturbStore(kind)
        case .gatewayKill:
            try await gateway.killAndRestart()
            await tally.note(kind)
        case .brokerErrors, .brokerDelay, .brokerDown, .leaderMove:
            try await brokers?.disturb(kind)
            await tally.note(kind)
        case .brokerRestart: _ = try await restartBroker()
        }
    }

    private func disturbStore(_ kind: Disturbance) async throws {
        await tally.noteForgotten(try await servers.disturb(kind))
        await tally.note(kind)
    }

    /// The worker that `choose` takes, once there is one to take; nil where there is none for twenty seconds.
    private func victim(_ choose: @Sendable () async throws -> Int?) async throws -> Int? {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let worker = try await choose() { return worker }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    // MARK: Zombies

    /// A worker is stopped in the middle of whatever it does, the world goes on without it, and then it goes on, too.
    private func makeZombie() async throws {
        guard let worker = try await victim({ await fleet.stopOne() }) else { return }
        let isReplaced = brokers == nil ? try await keepsItsPlace(worker) : try await losesItsPlace(worker)
        await fleet.wake(worker)
        if isReplaced { await tally.note(.zombie) }
    }

    /// The embedded log's lock stays with a process that is stopped: nobody can take its place. But what is stored may go back meanwhile,
    /// or pass to another server, so that the zombie's copies are not what it finds.
    private func keepsItsPlace(_ worker: Int) async throws -> Bool {
        let isRefused = try await fleet.startRival(of: worker)
        let kind = settings.redis == .cluster ? Disturbance.promotion : .redisRollback
        if !settings.without.contains(kind) { try await disturbStore(kind) }
        return isRefused
    }

    /// Kafka gives a silent member's partitions to others after its session timeout. The broker of the tests forgets it when it starts
    /// anew: the others take over and write, and the zombie finds what it had begun done by them.
    private func losesItsPlace(_ worker: Int) async throws -> Bool {
        guard try await restartBroker() else { return false }
        let topic = await fleet.topic(of: worker)
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !lags(of: [topic]).isEmpty {
            guard ContinuousClock.now < deadline else { return false }
            if await fleet.hasLeftDead { try await forgetTheDead() }
            try await Task.sleep(for: .milliseconds(200))
        }
        return true
    }

    /// Places where a marker is not at the end of the log, in words.
    func lags(of topics: [Topic]) async throws -> [String] {
        var ends: [Topic: [Int32: Int64]] = [:]
        for topic in topics { ends[topic] = try await raw.ends(topic) }
        let found = ends
        let address = servers.address
        return try await onOwnThread {
            let connection = try StoreConnection(address)
            return try topics.flatMap { try StoredFeatures.lags(connection, topic: $0, ends: found[$0] ?? [:]) }
        }
    }

    // MARK: The broker

    /// Restarts the broker where that is the only way on for the groups in which members have died.
    func forgetTheDead() async throws {
        if let brokers, await brokers.keepsTheDead(isSure: await fleet.hasLeftDead) { _ = try await restartBroker() }
    }

    /// Restarts the broker while nothing is on its way to it; answers whether that came to be.
    private func restartBroker() async throws -> Bool {
        await gate.pause()
        let isDone = try await restartIdleBroker()
        await gate.resume()
        if isDone { await tally.note(.brokerRestart) }
        return isDone
    }

    private func restartIdleBroker() async throws -> Bool {
        guard let brokers, await comesTrue(within: 60, { await !gate.isSending }), try await raw.comesToRest() else { return false }
        await fleet.freeze()
        // What was already on its way when the workers stopped arrives.
        var isIdle = true
        do {
            isIdle = try await raw.comesToRest()
            if isIdle {
                try await brokers.disturb(.brokerRestart)
                await fleet.forgetTheDead()
            }
        } catch {
            await fleet.thaw()
            throw error
        }
        await fleet.thaw()
        return isIdle
    }

    /// Feeds on until the workers have come by all failpoints, or have had the time to.
    private func awaitFailpoints() async throws {
        let deadline = ContinuousClock.now + .seconds(settings.log != .embedded ? 900 : 300)
        var told = 0
        while await fleet.armedCount > 0, ContinuousClock.now < deadline {
            let left = await fleet.armedCount
            if left != told { progress("\(left) failpoints are still ahead") }
            told = left
            try await forgetTheDead()
            if await !gate.isOpen { await gate.allow(400) }
            try await Task.sleep(for: .milliseconds(400))
        }
        await fleet.disarm()
    }
}
