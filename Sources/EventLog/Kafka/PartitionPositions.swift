// hot path

/// An offset for each partition that has one: an array by partition, which costs less a message than a hash.
struct PartitionPositions {
    private static let none = Int64.min
    private var offsets: [Int64] = []

    subscript(partition: Int32) -> Int64? {
        get {
            guard offsets.indices.contains(Int(partition)) else { return nil }
            let offset = offsets[Int(partition)]
            return offset == Self.none ? nil : offset
        }
        set {
            if newValue == nil && Int(partition) >= offsets.count { return }
            while offsets.count <= Int(partition) { offsets.append(Self.none) }
            offsets[Int(partition)] = newValue ?? Self.none
        }
    }
}
