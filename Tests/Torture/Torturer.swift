import Events
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

    /// How often what happened that no worker tells of.
    actor Tally {
        private(set) var counts: [Disturbance: Int] = [:]
        private(set) var erasures = 0
        private(set) var bytesForgotten = 0

        func note(_ kind: Disturbance) { counts[kind, default: 0] += 1 }
        func noteErasure() { erasures += 1 }
        func noteForgotten(_ count: Int) { bytesForgotten += count }
    }

    func run() async throws {
        var random = SplitMix64(seed: settings.seed &+ 2)
        let schedule = Disturbance.schedule(settings)
        let step = max(1, settings.eventCount / max(1, Disturbance.partCount(schedule, settings)))
        let deadline = ContinuousClock.now + .seconds(settings.minutesMax * 60)
        try await withThrowingDiscardingTaskGroup { group in
            for (number, kind) in schedule.enumerated() where ContinuousClock.now < deadline && !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...1200, using: &random)))
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
                let seconds = settings.log != .embedded ? 50 : Double.random(in: 1...5, using: &random)
                let fullSeconds = Double.random(in: 0.5...4, using: &random)
                if kind == .zombie, let stopped = await fleet.stopOne() {
                    group.addTask {
                        try? await Task.sleep(for: .seconds(seconds))
                        await fleet.wake(stopped)
                    }
                } else if kind == .diskFull, let full = try await fleet.fillDisk() {
                    group.addTask {
                        try? await Task.sleep(for: .seconds(fullSeconds))
                        try await fleet.freeDisk(full)
                    }
                } else {
                    if settings.redis == .cluster, Disturbance.storeKinds.contains(kind) { await gate.allow(step) }
                    try await perform(kind)
                }
            }
            await gate.allow(max(0, settings.eventCount - (await gate.allowed)))
            _ = await comesTrue(within: 600) { await gate.sent >= settings.eventCount || Task.isCancelled }
            try await awaitFailpoints()
        }
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
        case .workerKill: await fleet.killOne()
        case .afterUsers, .afterEmission, .afterTitles, .afterMarkers: await fleet.arm(kind)
        case .memberChange: await fleet.killOne(.memberChange, SIGTERM)
        case .zombie, .diskFull: break
        case .redisKill, .redisRollback, .connectionKill, .promotion, .slotMove:
            await tally.noteForgotten(try await servers.disturb(kind))
            await tally.note(kind)
        case .gatewayKill:
            try await gateway.killAndRestart()
            await tally.note(kind)
        case .brokerErrors, .brokerDelay, .brokerDown, .leaderMove:
            try await brokers?.disturb(kind)
            await tally.note(kind)
        case .brokerRestart: if try await restartBroker() { await tally.note(kind) }
        }
    }

    /// Restarts the broker while nothing is on its way to it; answers whether that came to be.
    func restartBroker() async throws -> Bool {
        await gate.pause()
        let isDone = try await restartIdleBroker()
        await gate.resume()
        return isDone
    }

    private func restartIdleBroker() async throws -> Bool {
        guard let brokers, await comesTrue(within: 60, { await !gate.isSending }), try await raw.comesToRest(), await fleet.freeze() else {
            return false
        }
        // What was already on its way when the workers stopped arrives.
        var isIdle = true
        do {
            isIdle = try await raw.comesToRest()
            if isIdle { try await brokers.disturb(.brokerRestart) }
        } catch {
            await fleet.thaw()
            throw error
        }
        await fleet.thaw()
        return isIdle
    }

    /// Feeds on until the workers have come by all failpoints, or have had the time to.
    private func awaitFailpoints() async throws {
        let deadline = ContinuousClock.now + .seconds(settings.log != .embedded ? 240 : 60)
        var told = 0
        while await fleet.armedCount > 0, ContinuousClock.now < deadline {
            let left = await fleet.armedCount
            if left != told { progress("\(left) failpoints are still ahead") }
            told = left
            if await brokers?.keepsTheDead == true { _ = try await restartBroker() }
            if await !gate.isOpen { await gate.allow(400) }
            try await Task.sleep(for: .milliseconds(400))
        }
        await fleet.disarm()
    }
}
