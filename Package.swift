// swift-tools-version:6.2
import PackageDescription

/// Settings of every target: Swift 6 mode comes with the tools version; these add what STYLE asks for.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A module of the house: `Sources/<name>`, importing only what stands above it.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A C library as a module map and a shim; no `pkgConfig` (its flags are refused for some of them).
func cLibrary(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)")
}

/// The tests of one room.
func tests(_ room: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(room)Tests", dependencies: [.target(name: room), "TestSupport"] + dependencies, path: "Tests/\(room)Tests",
        swiftSettings: strict)
}

let package = Package(
    name: "recs",
    products: [.executable(name: "recs", targets: ["recs"]), .executable(name: "torture", targets: ["TortureMain"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        cLibrary("CDeflate"),
        cLibrary("CHiredis"),
        cLibrary("CRdKafka"),
        cLibrary("CZstd"),
        room("Avro", ["CDeflate", "CZstd"]),
        room("Events", ["Avro"]),
        room(
            "EventLog",
            [
                "Avro", "CRdKafka", "Events",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        room("Features"),
        room("Catalog", ["Features"]),
        room("Quality", ["Features"]),
        room("Jobs", ["Catalog", "Events", "Features", "Quality"]),
        room(
            "FeatureStore", ["CHiredis", "Features", .product(name: "NIOConcurrencyHelpers", package: "swift-nio")]),
        room("Home", ["Catalog", "Features"]),
        room("Experiments", ["Features"]),
        room(
            "Service",
            [
                "Avro", "Catalog", "EventLog", "Events", "Experiments", "FeatureStore", "Features", "Home", "Jobs", "Quality",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(
            name: "recs",
            dependencies: [
                "Avro", "Catalog", "EventLog", "Events", "Experiments", "Features", "Home", "Quality", "Service",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .target(name: "Oracle", dependencies: ["Catalog", "Events", "Features"], path: "Tests/Oracle", swiftSettings: strict),
        .target(
            name: "Torture",
            dependencies: ["Avro", "Catalog", "EventLog", "Events", "FeatureStore", "Features", "Jobs", "Oracle", "TestSupport"],
            path: "Tests/Torture", swiftSettings: strict),
        .executableTarget(
            name: "TortureMain",
            dependencies: ["TestSupport", "Torture", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/TortureMain", swiftSettings: strict),
        tests("Avro"),
        tests("Events", ["Avro"]),
        tests("EventLog", ["Avro", "Events"]),
        tests("Features"),
        tests("Catalog", ["Features"]),
        tests("Jobs", ["Avro", "Catalog", "Events", "Features", "Oracle", "Quality"]),
        tests("FeatureStore", ["Features"]),
        tests("Home", ["Catalog", "Features"]),
        tests("Experiments", ["Features"]),
        tests("Quality", ["Features"]),
        tests(
            "Service",
            [
                "Catalog", "EventLog", "Events", "FeatureStore", "Features", "Home", "Jobs", "Quality",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .testTarget(
            name: "EndToEndTests", dependencies: ["EventLog", "Events", "TestSupport"], path: "Tests/EndToEnd", swiftSettings: strict),
        .testTarget(
            name: "TortureTests", dependencies: ["TestSupport", "Torture"], path: "Tests/TortureTests", swiftSettings: strict),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"], path: "Tests/Tidy", swiftSettings: strict),
    ]
)
