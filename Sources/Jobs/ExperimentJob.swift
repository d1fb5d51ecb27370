// hot path
package import Events
package import Features

/// The experiment job: the tests a viewer is in. The first assignment on the log stands; later ones of the same test change nothing.
extension ExperimentState: TopicOperator {
    package mutating func apply(
        _ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext
    ) -> DeadLetterReason? {
        guard event.type == .abTestAssignment else { return .wrongTopic }
        guard let test = context.requiredID(event.text, bytes), let variant = context.requiredID(event.detail, bytes),
            let segment = context.id(event.segment, bytes), event.value > 0 && event.value <= 1
        else { return .badValue }
        asOf = max(asOf, event.timestamp)
        if assignments.contains(where: { $0.test == test }) { return nil }
        let permille = Int32((event.value * 1000).rounded())
        assignments.append(
            Assignment(test: test, variant: variant, segment: segment, propensityPermille: permille, at: event.timestamp))
        if assignments.count > ExperimentState.assignmentCountMax { assignments.removeFirst() }
        context.effects.append(.forward(.assignment(test: test, variant: variant, segment: segment, at: event.timestamp)))
        return nil
    }

    /// Assignments are sticky: bounded by count alone.
    package mutating func expire(logTime: Int64) {}
}
