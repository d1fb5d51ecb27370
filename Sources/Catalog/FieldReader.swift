/// Reads typed fields out of JSON objects and gathers what is wrong with them, so that all faults are told at once.
struct FieldReader {
    private(set) var faults: [CatalogFault] = []

    mutating func fault(_ path: String, _ message: String) {
        faults.append(CatalogFault(path: path, message: message))
    }

    /// The members of an object, and a fault for each name that is not known.
    mutating func members(_ value: JSONValue, at path: String, known: [String]) -> [String: JSONValue]? {
        guard case .object(let members) = value else {
            fault(path, "should be an object, is \(value.kind)")
            return nil
        }
        for name in members.keys.sorted() where !known.contains(name) {
            fault(join(path, name), "is not a field that is known; known are \(known.joined(separator: ", "))")
        }
        return members
    }

    /// Nil where the field is missing or null.
    mutating func text(_ members: [String: JSONValue], _ name: String, at path: String) -> String? {
        switch members[name] {
        case nil, .null: return nil
        case .text(let text): return text
        case .some(let other):
            fault(join(path, name), "should be a string, is \(other.kind)")
            return nil
        }
    }

    /// Nil where the field is missing or wrong; a missing one is a fault.
    mutating func requiredText(_ members: [String: JSONValue], _ name: String, at path: String) -> String? {
        let faultCount = faults.count
        let text = text(members, name, at: path)
        if text == nil, faults.count == faultCount { fault(join(path, name), "is missing") }
        if let text, isBlank(text) { fault(join(path, name), "is empty") }
        return text
    }

    /// A whole number; nil where the field is missing or null.
    mutating func integer(_ members: [String: JSONValue], _ name: String, at path: String) -> Int? {
        switch members[name] {
        case nil, .null: return nil
        case .number(let number) where number == number.rounded() && abs(number) < 9e15: return Int(number)
        case .number(let number):
            fault(join(path, name), "should be a whole number, is \(number)")
            return nil
        case .some(let other):
            fault(join(path, name), "should be a whole number, is \(other.kind)")
            return nil
        }
    }

    mutating func bool(_ members: [String: JSONValue], _ name: String, at path: String) -> Bool? {
        switch members[name] {
        case nil, .null: return nil
        case .bool(let bool): return bool
        case .some(let other):
            fault(join(path, name), "should be true or false, is \(other.kind)")
            return nil
        }
    }

    /// Texts that are not blank and not repeated, each of at most `byteCountMax` bytes.
    mutating func texts(_ members: [String: JSONValue], _ name: String, at path: String, byteCountMax: Int) -> [String] {
        let path = join(path, name)
        guard let value = members[name], value != .null else { return [] }
        guard case .array(let elements) = value else {
            fault(path, "should be an array of strings, is \(value.kind)")
            return []
        }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .text(let text) = element else {
                fault("\(path)[\(index)]", "should be a string, is \(element.kind)")
                continue
            }
            if isBlank(text) { fault("\(path)[\(index)]", "is empty") }
            if text.utf8.count > byteCountMax { fault("\(path)[\(index)]", "has \(text.utf8.count) bytes; at most \(byteCountMax)") }
            if texts.contains(text) { fault("\(path)[\(index)]", "repeats \"\(text)\"") } else { texts.append(text) }
        }
        return texts
    }

    func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
}
