/// A script begins with `#!` and can be run; what is read by scripts has an ending to its name.
enum ScriptCheck {
    static func findings(path: String, text: String, isExecutable: Bool) -> [Finding] {
        let isScript = text.hasPrefix("#!")
        let name = path.split(separator: "/").last ?? ""
        if isScript && !isExecutable { return [Finding(path: path, line: 1, message: "is not executable; run: chmod +x \(path)")] }
        if !isScript && isExecutable { return [Finding(path: path, line: 1, message: "is executable but does not begin with #!")] }
        if !isScript && !name.contains(".") { return [Finding(path: path, line: 1, message: "does not begin with #!")] }
        return []
    }
}
