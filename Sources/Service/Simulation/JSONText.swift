/// A text as it stands between the quotes of a JSON string (RFC 8259 §7).
func escapedForJSON(_ text: String) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    var escaped: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): escaped += [UInt8(ascii: "\\"), byte]
        case ..<0x20: escaped += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        default: escaped.append(byte)
        }
    }
    return escaped
}
