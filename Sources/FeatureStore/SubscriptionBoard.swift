/// Who listens to which stream, and how far each has been served.
struct SubscriptionBoard<Listener: Sendable>: Sendable {
    struct Subscriber: Sendable {
        let number: Int
        let key: [UInt8]
        let listener: Listener
        /// The last signal handed over; nil until the end of the stream has been found.
        var place: SignalID?
    }

    private var subscribers: [Int: Subscriber] = [:]
    private var numbersByKey: [[UInt8]: Set<Int>] = [:]
    private var lastNumber = 0

    var count: Int { subscribers.count }

    /// Returns the subscriber's number.
    mutating func add(_ listener: Listener, key: [UInt8], start: SignalStart) -> Int {
        lastNumber += 1
        var place: SignalID?
        if case .after(let id) = start { place = id }
        subscribers[lastNumber] = Subscriber(number: lastNumber, key: key, listener: listener, place: place)
        numbersByKey[key, default: []].insert(lastNumber)
        return lastNumber
    }

    mutating func remove(_ number: Int) {
        guard let subscriber = subscribers.removeValue(forKey: number) else { return }
        numbersByKey[subscriber.key]?.remove(number)
        if numbersByKey[subscriber.key]?.isEmpty == true { numbersByKey[subscriber.key] = nil }
    }

    mutating func removeAll() -> [Listener] {
        let listeners = subscribers.values.map(\.listener)
        subscribers = [:]
        numbersByKey = [:]
        return listeners
    }

    func withoutPlace() -> [Subscriber] { subscribers.values.filter { $0.place == nil } }

    mutating func setPlace(_ number: Int, _ place: SignalID) { subscribers[number]?.place = place }

    /// Every stream with the place of its hindmost listener.
    func lowestPlaces() -> [(key: [UInt8], place: SignalID)] {
        numbersByKey.compactMap { key, numbers in numbers.compactMap { subscribers[$0]?.place }.min().map { (key, $0) } }
    }

    /// Notes that the stream was read from a place on over these signals; returns to whom which of them are new. A listener further back,
    /// who joined while the read was under way, gets nothing of it: what lies between would be lost; the next read begins at its place.
    mutating func advance(key: [UInt8], from start: SignalID, over signals: [StoredSignal]) -> [(Listener, [StoredSignal])] {
        var handovers: [(Listener, [StoredSignal])] = []
        for number in (numbersByKey[key] ?? []).sorted() {
            guard let subscriber = subscribers[number], let place = subscriber.place, place >= start else { continue }
            let fresh = signals.filter { $0.id > place }
            guard let last = fresh.last else { continue }
            subscribers[number]?.place = last.id
            handovers.append((subscriber.listener, fresh))
        }
        return handovers
    }
}
