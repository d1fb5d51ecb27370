import Features
import Testing

@Suite struct StateCodecTests {
    @Test(arguments: 0..<20) func everyUserValueComesBackAsItWas(seed: UInt64) throws {
        var make = RandomState(seed: seed)
        try check(make.value(make.play()), make.names)
        try check(make.value(make.search()), make.names)
        try check(make.value(make.impression()), make.names)
        try check(make.value(make.feedback()), make.names)
        try check(make.value(make.quality()), make.names)
        try check(make.value(make.error()), make.names)
        try check(make.value(make.experiment()), make.names)
        try check(make.value(make.attribution()), make.names)
    }

    @Test(arguments: 0..<20) func everyTitleValueComesBackAsItWas(seed: UInt64) throws {
        var make = RandomState(seed: seed)
        let value = make.title()
        var names = make.names
        let bytes = encoded(value, names)
        let read = try bytes.withUnsafeBytes { try TitleValue(from: $0, names: &names) }
        #expect(read == value)
        var others = shuffledNames()
        let elsewhere = try bytes.withUnsafeBytes { try TitleValue(from: $0, names: &others) }
        #expect(encoded(elsewhere, others) == bytes)
    }

    @Test func theFirstSixteenBytesAreGenerationAndOffset() {
        var value = UserValue<PlayState>()
        value.applied = Position(generation: 0x0102_0304_0506_0708, offset: 0x1112_1314_1516_1718)
        let head: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]
        #expect(encoded(value, NameTable()).prefix(16) == head[...])
        var title = TitleValue()
        title.applied = value.applied
        #expect(encoded(title, NameTable()).prefix(16) == head[...])
    }

    @Test(arguments: 0..<20) func theEndOfItsTimeIsReadOffAnyValue(seed: UInt64) throws {
        var make = RandomState(seed: seed)
        let (play, quality) = (make.value(make.play()), make.value(make.quality()))
        let ofPlay = try encoded(play, make.names).withUnsafeBytes { try UserValueExpiry.end(of: $0) }
        let ofQuality = try encoded(quality, make.names).withUnsafeBytes { try UserValueExpiry.end(of: $0) }
        let day: Int64 = 86_400_000
        #expect(ofPlay == play.logTime + (play.isErased ? 7 : 90) * day && ofPlay == play.endsAt)
        #expect(ofQuality == quality.logTime + (quality.isErased ? 7 : 90) * day && ofQuality == quality.endsAt)
        #expect(play.expiresAt == play.endsAt + 30 * day && quality.expiresAt == quality.endsAt + 30 * day)
    }

    /// Until version 2 nothing stood behind the tests' evidence.
    @Test(arguments: 0..<20) func attributionOfTheFirstVersionIsRead(seed: UInt64) throws {
        var make = RandomState(seed: seed)
        var value = make.value(make.attribution())
        value.state.erasedUpTo = nil
        (value.recentIDs, value.outbox) = (RecentIDs(), [])
        var bytes = encoded(value, make.names)
        // The flag that nothing was erased, no ids, no outbox.
        #expect(bytes[17] == 2 && bytes.suffix(3) == [0, 0, 0])
        bytes[17] = 1
        bytes.removeLast()
        let read = try bytes.withUnsafeBytes { try UserValue<AttributionState>(from: $0, names: &make.names) }
        #expect(read.state == value.state)
        let features = try bytes.withUnsafeBytes { try UserValue<AttributionState>.features(from: $0, names: &make.names) }
        #expect(features == value.state)
    }

    @Test func aNewerCodecIsRefused() {
        var bytes = encoded(UserValue<SearchState>(), NameTable())
        bytes[17] += 1
        var names = NameTable()
        #expect(throws: StateError.self) { try bytes.withUnsafeBytes { try UserValue<SearchState>(from: $0, names: &names) } }
    }

    @Test func numbersOfAnySizeComeBack() throws {
        let numbers: [Int64] = [0, 1, -1, 63, 64, -64, -65, 1 << 40, .max, .min]
        var writer = StateWriter()
        for number in numbers { writer.zigzag(number) }
        for number in numbers { writer.varint(UInt64(bitPattern: number)) }
        try writer.bytes.withUnsafeBytes { bytes in
            var reader = StateReader(bytes)
            for number in numbers {
                let read = try reader.zigzag()
                #expect(read == number)
            }
            for number in numbers {
                let read = try reader.varint()
                #expect(read == UInt64(bitPattern: number))
            }
            #expect(reader.remaining == 0)
        }
    }

    private func check<State: TopicState & Equatable>(_ value: UserValue<State>, _ names: NameTable) throws {
        var names = names
        let bytes = encoded(value, names)
        let read = try bytes.withUnsafeBytes { try UserValue<State>(from: $0, names: &names) }
        #expect(read.applied == value.applied)
        #expect(read.logTime == value.logTime)
        #expect(read.isErased == value.isErased)
        #expect(read.recentIDs == value.recentIDs)
        #expect(read.outbox == value.outbox)
        #expect(read.state == value.state)
        var others = shuffledNames()
        let elsewhere = try bytes.withUnsafeBytes { try UserValue<State>(from: $0, names: &others) }
        #expect(encoded(elsewhere, others) == bytes, "the bytes do not depend on the numbers that names have in a process")
    }

    /// A table whose numbers differ from any other's.
    private func shuffledNames() -> NameTable {
        var names = NameTable()
        for number in (0..<500).reversed() { _ = names.intern("tt\(number)") }
        return names
    }
}

func encoded<State: TopicState>(_ value: UserValue<State>, _ names: NameTable) -> [UInt8] {
    var writer = StateWriter()
    value.encode(into: &writer, names: names)
    return writer.bytes
}

func encoded(_ value: TitleValue, _ names: NameTable) -> [UInt8] {
    var writer = StateWriter()
    value.encode(into: &writer, names: names)
    return writer.bytes
}
