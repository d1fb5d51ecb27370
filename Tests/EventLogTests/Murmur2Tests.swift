import EventLog
import Testing

@Suite struct Murmur2Tests {
    /// Apache Kafka, `UtilsTest.testMurmur2`.
    @Test(
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] as [(String, Int32)])
    func hashesAsKafkaDoes(key: String, expected: Int32) {
        let hash = Array(key.utf8).withUnsafeBytes { murmur2($0) }
        #expect(hash == expected)
    }

    /// librdkafka, `rdmurmur2.c`, unit test vectors: lengths around the four-byte words and bytes above 0x7f.
    @Test(
        arguments: [
            ("kafka", 0xd067_cf64), ("giberish123456789", 0x8f55_2b0c), ("1234", 0x9fc9_7b14), ("234", 0xe7c0_09ca), ("34", 0x873930da),
            ("4", 0x5a4b_5ca1),
            ("PreAmbleWillBeRemoved,ThePrePartThatIs", 0x78424f1c), ("", 0x106e_08d9),
        ] as [(String, UInt32)])
    func hashesAsLibrdkafkaDoes(key: String, expected: UInt32) {
        let hash = Array(key.utf8).withUnsafeBytes { murmur2($0) }
        #expect(UInt32(bitPattern: hash) == expected)
    }
}
