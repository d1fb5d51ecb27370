/// The arrows of the rooms (DESIGN §3), checked on the imports of the sources.
enum ImportCheck {
    /// What each room may import of the house.
    static let arrows: [String: Set<String>] = [
        "Avro": ["CDeflate", "CZstd"],
        "Events": ["Avro"],
        "EventLog": ["Avro", "CRdKafka", "Events"],
        "Features": [],
        "Catalog": ["Features"],
        "Quality": ["Features"],
        "Jobs": ["Catalog", "Events", "Features", "Quality"],
        "FeatureStore": ["CHiredis", "Features"],
        "Home": ["Catalog", "Features"],
        "Experiments": ["Features"],
        "Service": rooms,
        "recs": rooms.union(["Service"]),
    ]
    /// Rooms without input, output, clock or logger.
    static let pure: Set<String> = ["Avro", "Events", "Features", "Catalog", "Jobs", "Home", "Experiments", "Quality"]
    /// Standard modules without effects of their own, and the data structures of swift-collections.
    static let pureImports: Set<String> = ["Foundation", "FoundationEssentials", "Glibc", "HeapModule"]
    private static let rooms: Set<String> = [
        "Avro", "Catalog", "EventLog", "Events", "Experiments", "FeatureStore", "Features", "Home", "Jobs", "Quality",
    ]
    private static let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]

    /// An import of a file.
    struct Import: Equatable {
        var module: String
        var line: Int
    }

    static func imports(of source: SwiftSource) -> [Import] {
        source.words.indices.compactMap { index in
            guard source.words[index].text == "import", source.words[index].depth == 0, index + 1 < source.words.count else { return nil }
            let hasKind = kinds.contains(source.words[index + 1].text) && index + 2 < source.words.count
            let module = source.words[hasKind ? index + 2 : index + 1]
            return Import(module: module.text, line: source.line(at: module.offset))
        }
    }

    /// Imports that run against the arrows, or bring the world into a pure room.
    static func findings(in source: SwiftSource) -> [Finding] {
        guard let room = room(of: source), let allowed = arrows[room] else {
            return [Finding(path: source.path, line: 1, message: "stands in no room; add the room to DESIGN §3 and to this check")]
        }
        return imports(of: source).compactMap { found in
            let isOurs = arrows[found.module] != nil || isCLibrary(found.module)
            if isOurs && !allowed.contains(found.module) && found.module != room {
                return Finding(path: source.path, line: found.line, message: "\(room) may not import \(found.module) (DESIGN §3)")
            }
            if !isOurs && pure.contains(room) && !pureImports.contains(found.module) {
                return Finding(path: source.path, line: found.line, message: "\(room) is pure and may not import \(found.module)")
            }
            return nil
        }
    }

    /// C libraries that several rooms import.
    static func sharedCLibraries(in sources: [SwiftSource]) -> [Finding] {
        var owners: [String: String] = [:]
        var findings: [Finding] = []
        for source in sources {
            guard let room = room(of: source) else { continue }
            for found in imports(of: source) where isCLibrary(found.module) {
                let owner = owners[found.module, default: room]
                owners[found.module] = owner
                if owner != room {
                    findings.append(Finding(path: source.path, line: found.line, message: "\(found.module) belongs to \(owner) alone"))
                }
            }
        }
        return findings
    }

    /// Our C modules begin with C and a further capital.
    private static func isCLibrary(_ module: String) -> Bool {
        let letters = module.prefix(2)
        return letters.count == 2 && letters.first == "C" && letters.last?.isUppercase == true
    }

    private static func room(of source: SwiftSource) -> String? {
        let parts = source.path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }
}
