extension Value {
    /// The value as plain JSON for people: unions without a wrapper, enums by symbol, map keys in order, bytes as a string of U+0000 to
    /// U+00FF, logical types as the numbers that carry them, and numbers that JSON lacks as `"NaN"`, `"Infinity"` and `"-Infinity"`.
    ///
    /// A value that is not of the schema is shown as far as its own shape says.
    package func json(as schema: ParsedSchema) -> String {
        var printer = JSONPrinter(names: schema.names)
        printer.append(self, schema.root)
        return printer.text
    }
}

private struct JSONPrinter {
    let names: [String: Schema]
    var text = ""

    mutating func append(_ value: Value, _ schema: Schema) {
        switch (value, schema.bare(names)) {
        case (.null, _): text += "null"
        case (.boolean(let value), _): text += value ? "true" : "false"
        case (.int(let value), _): text += "\(value)"
        case (.long(let value), _): text += "\(value)"
        case (.float(let value), _): append(value, finite: value.isFinite)
        case (.double(let value), _): append(value, finite: value.isFinite)
        case (.string(let value), _): append(quoted: value.unicodeScalars)
        case (.bytes(let bytes), _), (.fixed(let bytes), _): append(quoted: bytes.lazy.map { Unicode.Scalar($0) })
        case (.array(let values), .array(let items)): append(values, items)
        case (.map(let values), .map(let schema)):
            append(members: values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value, schema) })
        case (.union(let index, let value), .union(let branches)) where branches.indices.contains(index): append(value, branches[index])
        case (.enumeration(let index), .enumeration(let schema)) where schema.symbols.indices.contains(index):
            append(quoted: schema.symbols[index].unicodeScalars)
        case (.record(let values), .record(let record)):
            append(members: zip(record.fields, values).map { ($0.name, $1, $0.schema) })
        case (.array(let values), _), (.record(let values), _): append(values, .null)
        case (.map(let values), _): append(members: values.sorted { $0.key < $1.key }.map { ($0.key, $0.value, .null) })
        case (.union(_, let value), _): append(value, .null)
        case (.enumeration(let index), _): text += "\(index)"
        }
    }

    private mutating func append(_ values: [Value], _ items: Schema) {
        text += "["
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            append(value, items)
        }
        text += "]"
    }

    private mutating func append(members: [(name: String, value: Value, schema: Schema)]) {
        text += "{"
        for (index, member) in members.enumerated() {
            if index > 0 { text += "," }
            append(quoted: member.name.unicodeScalars)
            text += ":"
            append(member.value, member.schema)
        }
        text += "}"
    }

    private mutating func append(_ number: some BinaryFloatingPoint & CustomStringConvertible, finite: Bool) {
        if finite {
            text += number.description
        } else {
            text += number.isNaN ? "\"NaN\"" : number < 0 ? "\"-Infinity\"" : "\"Infinity\""
        }
    }

    private mutating func append(quoted scalars: some Sequence<Unicode.Scalar>) {
        text += "\""
        for scalar in scalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}":
                let digits = "\(hexadecimal: scalar.value)"
                text += "\\u" + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension DefaultStringInterpolation {
    /// Four hexadecimal digits.
    fileprivate mutating func appendInterpolation(hexadecimal value: UInt32) {
        let digits = String(value, radix: 16)
        appendLiteral(String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
    }
}
