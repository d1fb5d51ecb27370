import Features
import Testing

/// Values as the first format had them, written by the version of recs that knew no other: ids and outbox stood before the features, effects
/// told their own times, and each title shown had an effect of its own.
@Suite struct FirstFormatTests {
    private static let now: Int64 = 1_700_000_000_000

    @Test func impressionsAreRead() throws {
        var names = NameTable()
        try check(Self.impressions(&names), Self.impressionBytes, names)
    }

    @Test func playsAreRead() throws {
        var names = NameTable()
        try check(Self.plays(&names), Self.playBytes, names)
    }

    private func check<State: TopicState & Equatable>(_ value: UserValue<State>, _ hex: String, _ names: NameTable) throws {
        let bytes = stride(from: 0, to: hex.utf8.count, by: 2).map { place in
            let start = hex.index(hex.startIndex, offsetBy: place)
            return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)!
        }
        #expect(bytes[16] == 1)
        var names = names
        let read = try bytes.withUnsafeBytes { try UserValue<State>(from: $0, names: &names) }
        #expect(encoded(read, names) == encoded(value, names) && read.outbox == value.outbox && read.recentIDs == value.recentIDs)
        let features = try bytes.withUnsafeBytes { try UserValue<State>.features(from: $0, names: &names) }
        #expect(features == value.state)
    }

    private static func impressions(_ names: inout NameTable) -> UserValue<ImpressionState> {
        let (heat, sintel, test) = (names.intern("heat"), names.intern("sintel"), names.intern("t-1"))
        var value = UserValue<ImpressionState>()
        value.applied = Position(generation: 7, offset: 1000)
        value.logTime = now
        value.recentIDs.keep(0x0102_0304_0506_0708, offset: 990, appendTime: now - 5000)
        value.recentIDs.keep(0x1112_1314_1516_1718, offset: 1000, appendTime: now)
        let region = RegionID("EU")!
        value.outbox = [
            OutboxEntry(offset: 990, appendTime: now - 5000, effect: .shown(title: heat, region: region, at: now - 5100)),
            OutboxEntry(offset: 990, appendTime: now - 5000, effect: .shown(title: sintel, region: region, at: now - 5100)),
            OutboxEntry(
                offset: 990, appendTime: now - 5000, effect: .forward(.impression(test: test, variant: heat, at: now - 5100))),
            OutboxEntry(offset: 1000, appendTime: now, effect: .shown(title: heat, region: region, at: now - 90)),
        ]
        value.state.asOf = now - 90
        value.state.region = region
        value.state.taste.add(genre: GenreID(3), weight: 150, at: now - 5100)
        value.state.shown = [
            ShownTitle(title: sintel, count: 1, at: now - 5100), ShownTitle(title: heat, count: 2, at: now - 90),
        ]
        return value
    }

    private static func plays(_ names: inout NameTable) -> UserValue<PlayState> {
        let (heat, sintel) = (names.intern("heat"), names.intern("sintel"))
        var value = UserValue<PlayState>()
        value.applied = Position(generation: 7, offset: 2000)
        value.logTime = now
        value.recentIDs.keep(0x0102_0304_0506_0708, offset: 2000, appendTime: now)
        value.outbox = [
            OutboxEntry(offset: 2000, appendTime: now, effect: .played(title: heat, region: .none, at: now - 40)),
            OutboxEntry(offset: 2000, appendTime: now, effect: .followed(from: sintel, to: heat, weight: 500, at: now - 40)),
        ]
        value.state.asOf = now - 40
        value.state.played = [sintel, heat]
        value.state.recentPlays = [
            RecentPlay(title: heat, at: now - 40, watchedMilliseconds: 30, fractionPermille: 1, endedAt: now - 10)
        ]
        return value
    }

    private static let impressionBytes =
        "000000000000000700000000000003e801010080a0abfef96202111213141516171800000102030405060708138f4e040000"
        + "010468656174024555cc9eabfef962138f4e0503742d310468656174a8d0aafef9620000010673696e74656c024555a8d0aa"
        + "fef9620000010468656174024555a8d0aafef962cc9eabfef9620245550383d4ddb305ac0280e8f485fb1fac0280fae0c8ff"
        + "1fac02010342f285910200020673696e74656c02a34e046865617404a44e"
    private static let playBytes =
        "000000000000000700000000000007d001010080a0abfef9620101020304050607080000020000030673696e74656c046865"
        + "6174e807b09fabfef962000000046865617400b09fabfef962b09fabfef962000000020673696e74656c0468656174010100"
        + "3c023c0000"
}
