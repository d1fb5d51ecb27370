/// Parses a number of JSON's grammar by the standard library; infinite where it is beyond a double.
func parseDouble(_ text: UnsafeRawBufferPointer) -> Double {
    Double(String(decoding: text, as: UTF8.self)) ?? .infinity
}
