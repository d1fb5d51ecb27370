import Foundation
import TestSupport
import Testing

/// What `Data/openapi.json` promises of answers, and what an answer has otherwise: a reader of JSON Schema that knows what the document uses, and
/// takes a member that is not listed for a fault.
struct OpenAPIContract {
    private let document: [String: Any]
    private static let keywords: Set<String> = [
        "type", "properties", "required", "items", "enum", "additionalProperties", "anyOf", "oneOf", "description", "format",
    ]

    init() throws {
        let file = Repository.root.appendingPathComponent("Data/openapi.json")
        document = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    }

    /// What is wrong with an answer to a request.
    func faults(of answer: Answer, to method: String, _ path: String) -> [String] {
        guard let operation = operation(method, path) else { return answer.status < 400 ? ["the operation is not listed"] : [] }
        guard let response = (operation["responses"] as? [String: [String: Any]])?["\(answer.status)"] else {
            return ["status \(answer.status) is not listed"]
        }
        let type = (answer.headers["content-type"] ?? "").prefix { $0 != ";" }
        guard let content = response["content"] as? [String: [String: Any]] else {
            return answer.body.isEmpty ? [] : ["no content is listed with status \(answer.status)"]
        }
        guard let media = content[String(type)] else { return ["content of type \(type) is not listed with status \(answer.status)"] }
        guard type.hasSuffix("json"), let schema = media["schema"] as? [String: Any] else { return [] }
        guard let value = try? JSONSerialization.jsonObject(with: answer.body, options: .fragmentsAllowed) else { return ["no JSON"] }
        return faults(of: value, schema, at: "$")
    }

    private func operation(_ method: String, _ path: String) -> [String: Any]? {
        let parts = path.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        let paths = document["paths"] as? [String: [String: Any]] ?? [:]
        let found = paths.filter { template, _ in
            let names = template.split(separator: "/", omittingEmptySubsequences: false)
            return names.count == parts.count && zip(names, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") && !$1.isEmpty }
        }
        // One without a parameter goes before one with it.
        return found.min { $0.key.count { $0 == "{" } < $1.key.count { $0 == "{" } }?.value[method.lowercased()] as? [String: Any]
    }

    private func faults(of value: Any, _ schema: [String: Any], at path: String) -> [String] {
        let whole = merged(schema)
        let unknown = Set(whole.keys).subtracting(Self.keywords)
        if !unknown.isEmpty { return ["\(path) has a schema of which nothing is known: \(unknown)"] }
        // One that fits is enough, of alternatives of which several may.
        if let alternatives = (whole["anyOf"] ?? whole["oneOf"]) as? [[String: Any]] {
            return alternatives.map { faults(of: value, $0, at: path) }.min { $0.count < $1.count } ?? []
        }
        if let name = whole["type"] as? String, !Self.isOf([name], value) { return ["\(path) is no \(name)"] }
        if let names = whole["type"] as? [String], !Self.isOf(names, value) { return ["\(path) is none of \(names)"] }
        if let known = whole["enum"] as? [NSObject], !known.contains(where: { $0.isEqual(value) }) { return ["\(path) is \(value)"] }
        if let items = whole["items"] as? [String: Any], let array = value as? [Any] {
            return array.enumerated().flatMap { faults(of: $1, items, at: "\(path)[\($0)]") }
        }
        guard let object = value as? [String: Any] else { return [] }
        let members = whole["properties"] as? [String: [String: Any]] ?? [:]
        let missing = (whole["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(path).\($0) is missing" }
        return missing
            + object.sorted { $0.key < $1.key }.flatMap { name, value in
                if let member = members[name] { return faults(of: value, member, at: "\(path).\(name)") }
                if let others = whole["additionalProperties"] as? [String: Any] { return faults(of: value, others, at: "\(path).\(name)") }
                return whole["additionalProperties"] as? Bool == true ? [] : ["\(path).\(name) is not listed"]
            }
    }

    /// With what it refers to, and what it is made of, in its place.
    private func merged(_ schema: [String: Any]) -> [String: Any] {
        var whole = schema
        if let reference = schema["$ref"] as? String {
            let schemas = (document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]]
            let target = reference.split(separator: "/").last.flatMap { schemas?[String($0)] }
            // Nothing is as a schema that is not there.
            whole = (target.map(merged) ?? ["enum": [NSObject]()]).merging(schema.filter { $0.key != "$ref" }) { $1 }
        }
        for part in (whole["allOf"] as? [[String: Any]] ?? []).map(merged) {
            let members = part["properties"] as? [String: Any] ?? [:]
            if let type = part["type"] { whole["type"] = type }
            if let others = part["additionalProperties"] { whole["additionalProperties"] = others }
            whole["properties"] = members.merging(whole["properties"] as? [String: Any] ?? [:]) { $1 }
            whole["required"] = (part["required"] as? [String] ?? []) + (whole["required"] as? [String] ?? [])
        }
        whole["allOf"] = nil
        return whole
    }

    private static func isOf(_ types: [String], _ value: Any) -> Bool {
        types.contains { type in
            switch type {
            case "null": value is NSNull
            case "string": value is String
            case "array": value is [Any]
            case "object": value is [String: Any]
            case "boolean": isTruth(value)
            case "number": value is NSNumber && !isTruth(value)
            case "integer": !isTruth(value) && (value as? NSNumber).map { $0.doubleValue.rounded() == $0.doubleValue } ?? false
            default: false
            }
        }
    }

    /// Numbers of JSON are read as `NSNumber`, as are true and false.
    private static func isTruth(_ value: Any) -> Bool { (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false }
}
