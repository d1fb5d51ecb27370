/// The two scripts that write values: each compares the stored value's first 16 bytes (generation and offset) with what the writer's copy
/// was based on, and sets only where they agree (DESIGN §6.5). All keys of a call share one slot. They answer the indices that did not
/// agree.
enum StoreScript: Int, CaseIterable {
    /// KEYS: values. ARGV, three a key: expected head ('' = absent), new value, expiry in milliseconds since 1970 (0 = none).
    case values
    /// KEYS: index of changed titles, then values. ARGV, four a value: expected head, new value, offset, title id.
    case titles

    /// Keys in one call: long enough to spread the cost of a call, short enough not to hold up readers.
    static let keyCountMax = 64

    var text: StaticString {
        switch self {
        case .values:
            """
            local call, conflicts, a = redis.call, {}, 0
            for i = 1, #KEYS do
              if call('GETRANGE', KEYS[i], 0, 15) ~= ARGV[a + 1] then conflicts[#conflicts + 1] = i - 1
              elseif ARGV[a + 3] == '0' then call('SET', KEYS[i], ARGV[a + 2])
              else call('SET', KEYS[i], ARGV[a + 2], 'PXAT', ARGV[a + 3]) end
              a = a + 3
            end
            return conflicts
            """
        case .titles:
            """
            local call, conflicts, a = redis.call, {}, 0
            for i = 2, #KEYS do
              if call('GETRANGE', KEYS[i], 0, 15) ~= ARGV[a + 1] then conflicts[#conflicts + 1] = i - 2
              else call('SET', KEYS[i], ARGV[a + 2]) call('ZADD', KEYS[1], ARGV[a + 3], ARGV[a + 4]) end
              a = a + 4
            end
            return conflicts
            """
        }
    }
}
