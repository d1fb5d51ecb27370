// hot path

/// One thing that is wrong with an event, as the encoder notes it; `FieldProblem` says it in words.
struct FieldFault: BitwiseCopyable {
    enum Code: UInt8 {
        case missing, unknownField, tooManyFields, duplicateKey, wrongType, unknownEventType, invalidUUID, empty, tooLong, tooManyElements
        case notASCII, notInteger, outOfRange, loneSurrogate, invalidTimestamp, timestampInFuture, timestampTooOld
    }
    var code: Code
    /// The field of the plan, or -1.
    var field: Int32 = -1
    /// The element of a list, or -1.
    var element: Int32 = -1
    var key: JSONToken?
    var value: JSONToken?
}
