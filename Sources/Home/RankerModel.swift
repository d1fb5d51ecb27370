package import Foundation

/// A linear ranker: a title's score is Σ weight · feature. Read from `Models/`, where each has a card.
package struct RankerModel: Sendable, Equatable {
    /// As the file says; told in explanations.
    package var name: String
    /// By the order of `RankerFeature.allCases`; a feature that the file does not name weighs nothing.
    package private(set) var weights: [Float]

    /// A model made by hand; features left out weigh nothing.
    package init(name: String, weights: [RankerFeature: Float]) {
        self.name = name
        self.weights = RankerFeature.allCases.map { weights[$0] ?? 0 }
    }

    /// Reads `{"name": …, "kind": "linear", "weights": {feature: weight, …}}`; the error names every feature that is not
    /// known, or every weight that is too large.
    package init(json: Data) throws(RankerModelError) {
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: json)
        } catch {
            throw RankerModelError("a ranker's file should be {\"name\", \"kind\": \"linear\", \"weights\": {feature: number}}: \(error)")
        }
        guard file.kind == "linear" else {
            throw RankerModelError("ranker \(file.name) is of kind \"\(file.kind)\"; known is \"linear\"")
        }
        let unknown = file.weights.keys.filter { RankerFeature(rawValue: $0) == nil }.sorted()
        guard unknown.isEmpty else {
            let known = RankerFeature.allCases.map(\.rawValue).joined(separator: ", ")
            throw RankerModelError("ranker \(file.name) weighs unknown features: \(unknown.joined(separator: ", ")); known are \(known)")
        }
        let tooLarge = file.weights.filter { !(abs($0.value) <= Self.weightMax) }.map { "\($0.key) weighs \($0.value)" }.sorted()
        guard tooLarge.isEmpty else {
            let range = "−\(Self.weightMax) to \(Self.weightMax)"
            throw RankerModelError("ranker \(file.name): \(tooLarge.joined(separator: ", ")); a weight is \(range): scale them all")
        }
        name = file.name
        weights = RankerFeature.allCases.map { file.weights[$0.rawValue] ?? 0 }
    }

    /// Features go to 3 at most, and terms are told apart up to 128 (`Points`).
    private static let weightMax: Float = 32

    /// What one unit of the feature adds to a score.
    package func weight(_ feature: RankerFeature) -> Float { weights[feature.column] }

    private struct File: Decodable {
        var name: String
        var kind: String
        var weights: [String: Float]
    }
}

/// A model's file that cannot be used: what was found, and what is known.
package struct RankerModelError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
