import Events
import Features
import Jobs

/// What a feature store would hold after the jobs: the last value of every viewer and title, by topic.
struct OperatorValues {
    /// By topic and the id's bytes.
    private var users: [Topic: [[UInt8]: [UInt8]]] = [:]
    private(set) var titles: [Topic: [[UInt8]: [UInt8]]] = [:]

    mutating func keep(_ write: UserWrite, of topic: Topic) { users[topic, default: [:]][Array(write.user)] = Array(write.value) }

    mutating func keep(_ write: TitleWrite, of topic: Topic) { titles[topic, default: [:]][Array(write.title)] = Array(write.value) }

    /// Everybody with a value of a topic, in the order of their ids.
    var userIDs: [[UInt8]] { Set(users.values.flatMap(\.keys)).sorted { $0.lexicographicallyPrecedes($1) } }

    /// A viewer's values as serving reads them: one a topic of `ViewerReader.topics`, nil where there is none.
    func values(of user: [UInt8]) -> [[UInt8]?] { ViewerReader.topics.map { users[$0]?[user] } }
}
