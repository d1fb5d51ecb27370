import FeatureStore
import Features
import Foundation
import TestSupport
import Testing

@testable import FeatureStore

/// What the tests run against.
enum StoreKind: CaseIterable, Sendable { case single, cluster }

/// The store of one test: a real `redis-server` in a folder that goes with it, or a cluster that is lent.
final class StoreFixture {
    static let timeoutMilliseconds = 10_000

    let folder: TemporaryFolder
    let keys = Keys(namespace: "main")
    let address: StoreAddress
    private let single: RedisServer?
    let cluster: RedisCluster?

    init(_ kind: StoreKind = .single) throws {
        folder = try TemporaryFolder()
        single = kind == .single ? try RedisServer(folder: folder.path("redis")) : nil
        cluster = kind == .cluster ? try ClusterPool.shared.take() : nil
        address = try single?.address ?? StoreAddress(cluster?.url ?? "")
    }

    deinit { if let cluster { ClusterPool.shared.give(cluster) } }

    var server: RedisServer {
        guard let single else { preconditionFailure("a cluster has no one server") }
        return single
    }

    var route: StoreRoute { StoreRoute(address) }

    func connection(timeoutMilliseconds: Int = StoreFixture.timeoutMilliseconds) throws -> StoreConnection {
        try StoreConnection(address, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Runs one command and answers its only reply: text, number or nil. In a cluster, a command whose first argument is a key goes
    /// to its node; another goes to all, whose numbers are added up.
    @discardableResult
    func command(_ name: StaticString, _ arguments: String...) throws -> String? {
        let nodes = try StoreNodes(address, timeoutMilliseconds: StoreFixture.timeoutMilliseconds)
        let key = arguments.first.flatMap { $0.contains("{") || "\(name)" == "SET" ? Array($0.utf8) : nil }
        let targets = key.map { [nodes.map.node(slot: StoreRoute.slot(of: $0))] } ?? Array(0..<nodes.masterCount)
        var answers: [String?] = []
        for target in targets {
            let (pipeline, place) = try nodes.next(node: target)
            pipeline.commands.command(name, argumentCount: arguments.count)
            for argument in arguments { pipeline.commands.argument(Array(argument.utf8)) }
            try nodes.exchange()
            if let failure = nodes.failure(place) { throw failure }
            let root = pipeline.replies.root(place.index)
            switch root.kind {
            case .text: answers.append(pipeline.replies.string(root))
            case .integer: answers.append(String(root.value))
            default: answers.append(nil)
            }
        }
        let numbers = answers.compactMap { $0.flatMap { Int($0) } }
        return numbers.count == answers.count ? String(numbers.reduce(0, +)) : answers[0]
    }
}

/// The tests that share clusters: one after the other, so that one cluster does for all of them.
@Suite(.serialized) struct StoreTests {}

/// Clusters take seconds to start, so tests that leave them whole use them one after the other.
final class ClusterPool: @unchecked Sendable {
    static let shared = ClusterPool()
    private let lock = NSLock()
    private var idle: [RedisCluster] = []

    func take() throws -> RedisCluster {
        let found = lock.withLock { idle.popLast() }
        try found?.clean()
        return try found ?? RedisCluster(nodeTimeoutMilliseconds: 10_000)
    }

    func give(_ cluster: RedisCluster) { lock.withLock { idle.append(cluster) } }
}

/// A value as jobs write them: its position, then a body.
func value(_ offset: Int64, generation: UInt64 = 7, _ body: String = "") -> [UInt8] {
    withUnsafeBytes(of: generation.bigEndian) { Array($0) } + withUnsafeBytes(of: offset.bigEndian) { Array($0) } + Array(body.utf8)
}

func position(_ offset: Int64, generation: UInt64 = 7) -> Position { Position(generation: generation, offset: offset) }

extension WriteBatch {
    mutating func append(
        user: String, bucket: Bucket, expected: Position?, value: [UInt8], expiresAt: Int64 = 0, activeAt: Int64 = 0
    ) {
        var user = user
        user.withUTF8 { user in
            value.withUnsafeBytes {
                appendUser(
                    bucket, UnsafeRawBufferPointer(user), expected: expected, value: $0, expiresAt: expiresAt, activeAt: activeAt)
            }
        }
    }

    mutating func append(title: String, expected: Position?, value: [UInt8], offset: Int64) {
        var title = title
        title.withUTF8 { title in
            value.withUnsafeBytes { appendTitle(UnsafeRawBufferPointer(title), expected: expected, value: $0, offset: offset) }
        }
    }

    mutating func append(marker bucket: Bucket, expected: Position?, value: [UInt8]) {
        value.withUnsafeBytes { appendMarker(bucket, expected: expected, value: $0) }
    }
}

extension KeyBatch {
    mutating func append(user: String, bucket: Bucket) {
        var user = user
        user.withUTF8 { appendUser(bucket, UnsafeRawBufferPointer($0)) }
    }

    mutating func append(title: String) {
        var title = title
        title.withUTF8 { appendTitle(UnsafeRawBufferPointer($0)) }
    }
}

/// The kind of the store error that `body` throws, nil where it throws none.
func failureKind(_ body: () throws(StoreError) -> Void) -> StoreError.Kind? {
    do {
        try body()
        return nil
    } catch {
        return error.kind
    }
}
