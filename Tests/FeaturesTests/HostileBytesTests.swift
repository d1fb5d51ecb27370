import Features
import TestSupport
import Testing

/// Bytes that nobody wrote, or that were damaged, end in an error or in some state, never in a crash.
@Suite struct HostileBytesTests {
    @Test(arguments: 0..<6) func damagedValuesNeverCrash(seed: UInt64) {
        var make = RandomState(seed: seed)
        let values = [
            encoded(make.value(make.play()), make.names), encoded(make.value(make.search()), make.names),
            encoded(make.value(make.impression()), make.names), encoded(make.value(make.feedback()), make.names),
            encoded(make.value(make.quality()), make.names), encoded(make.value(make.error()), make.names),
            encoded(make.value(make.experiment()), make.names), encoded(make.value(make.attribution()), make.names),
            encoded(make.title(), make.names),
        ]
        for (kind, value) in values.enumerated() {
            for _ in 0..<40 {
                var bytes = value
                for _ in 0..<make.number(1...4) { bytes[Int(make.number(16...Int64(bytes.count - 1)))] = UInt8(make.number(0...255)) }
                read(bytes, kind: kind)
                read(Array(value.prefix(Int(make.number(0...Int64(value.count))))), kind: kind)
            }
        }
    }

    @Test func aTruncatedValueIsAlwaysRefused() {
        var make = RandomState(seed: 7)
        let bytes = encoded(make.value(make.play()), make.names)
        for count in 0..<bytes.count {
            var names = NameTable()
            #expect(throws: StateError.self) {
                try bytes.prefix(count).withUnsafeBytes { try UserValue<PlayState>(from: $0, names: &names) }
            }
        }
    }

    @Test func randomBytesBehindAGoodHeadNeverCrash() {
        var make = RandomState(seed: 11)
        for _ in 0..<2000 {
            var bytes = [UInt8](repeating: 0, count: 16) + [UInt8(make.number(1...2)), 1]
            for _ in 0..<make.number(0...120) { bytes.append(UInt8(make.number(0...255))) }
            for kind in 0..<9 { read(bytes, kind: kind) }
        }
    }

    @Test func hugeCountsAllocateNothing() {
        // Flag and log time, then 2^62 recent ids.
        let bytes = [UInt8](repeating: 0, count: 16) + [1, 1, 0, 0] + [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]
        var names = NameTable()
        #expect(throws: StateError.self) { try bytes.withUnsafeBytes { try UserValue<PlayState>(from: $0, names: &names) } }
    }

    /// Whoever uses a value subtracts its times from one another.
    @Test(arguments: [Int64.min, .min + 1, -(1 << 52), 1 << 52, .max]) func numbersThatWouldOverflowAreRefused(_ number: Int64) {
        var writer = StateWriter()
        writer.zigzag(number)
        _ = writer.withBytes { bytes in
            #expect(throws: StateError.self) {
                var reader = StateReader(bytes)
                _ = try reader.amount()
            }
        }
        writer.removeAll()
        for _ in 0..<2 { writer.zigzag(number.signum() * ((1 << 52) - 1)) }
        writer.withBytes { bytes in
            var (reader, sum) = (StateReader(bytes), Int64(0))
            #expect((try? reader.moment(from: &sum)) != nil)
            #expect(throws: StateError.self) { try reader.moment(from: &sum) }
        }
    }

    /// Reads bytes as one of the nine values and uses what comes out.
    private func read(_ bytes: [UInt8], kind: Int) {
        switch kind {
        case 0: use(bytes) { (state: PlayState) in state.taste.weights(window: .lifetime, at: RandomState.now).count }
        case 1: use(bytes) { (state: SearchState) in state.taste.weights(window: .week, at: RandomState.now).count }
        case 2: use(bytes) { (state: ImpressionState) in state.taste.weights(window: .hour, at: .max).count }
        case 3: use(bytes) { (state: FeedbackState) in state.taste.weights(window: .day, at: .min).count }
        case 4: use(bytes) { (state: QualityState) in state.sessions.count }
        case 5: use(bytes) { (state: ErrorState) in state.errors.count }
        case 6: use(bytes) { (state: ExperimentState) in state.assignments.count }
        case 7: use(bytes) { (state: AttributionState) in state.tests.count }
        default: useTitle(bytes)
        }
    }

    private func use<State: TopicState>(_ bytes: [UInt8], _ body: (State) -> Int) {
        var names = NameTable()
        do {
            let value = try bytes.withUnsafeBytes { try UserValue<State>(from: $0, names: &names) }
            #expect(body(value.state) >= 0)
            #expect(!encoded(value, names).isEmpty)
        } catch {
            #expect(!"\(error)".isEmpty)
        }
    }

    private func useTitle(_ bytes: [UInt8]) {
        var names = NameTable()
        do {
            var value = try bytes.withUnsafeBytes { try TitleValue(from: $0, names: &names) }
            let title = names.intern("a")
            for effect in [
                Effect.played(title: title, region: .none, at: 1), .followed(from: title, to: title, weight: 1, at: 1),
                .credited(title: title, test: title, variant: title, segment: title, exposed: 1, won: 1),
            ] { value.state.apply(effect, logTime: 1, names: names) }
            var builder = TitleSnapshotBuilder()
            builder.replace(topic: 0, partition: 0, title: "a", value: value, names: names)
            let snapshot = builder.makeSnapshot(catalogVersion: 1, titleCount: 1, at: RandomState.now) { _ in 0 }
            #expect(snapshot.successors(0).count <= value.state.successors.count)
        } catch {
            #expect(!"\(error)".isEmpty)
        }
    }
}
