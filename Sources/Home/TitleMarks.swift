/// What the viewer's history says of a title.
struct TitleMarks: OptionSet, Sendable, BitwiseCopyable {
    let rawValue: UInt8
    static let played = TitleMarks(rawValue: 1)
    static let completed = TitleMarks(rawValue: 2)
    static let hidden = TitleMarks(rawValue: 4)
    /// On the viewer's list.
    static let listed = TitleMarks(rawValue: 8)
    /// Among the plays of the history.
    static let inHistory = TitleMarks(rawValue: 16)
    /// Any of these keeps a title out of what is recommended.
    static let settled: TitleMarks = [.played, .completed, .hidden, .listed]
}
