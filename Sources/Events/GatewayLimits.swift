/// The bounds of what the gateway takes.
package struct GatewayLimits: Sendable, Hashable {
    /// The most bytes of a text without a closer bound of its own.
    package var textBytesMax = FieldRule.textBytesMax
    /// The most containers of JSON open at once, the array around the events included; 1 to 64.
    package var nestingDepthMax = 64
    /// The most elements of a list (`title_ids`, `ladder_kbps`).
    package var listCountMax = 500
    /// The most events of one body.
    package var eventCountMax = 10_000
    /// How far ahead of the gateway's clock a timestamp may be, in milliseconds.
    package var futureMillisecondsMax: Int64 = 300_000

    package init() {}
}
