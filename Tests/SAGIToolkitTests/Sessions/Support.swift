// swift-format-ignore-file: NeverForceUnwrap, NeverUseForceTry

import Foundation
import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Synchronization

enum Count: SessionKey { typealias Value = Int }
enum Name: SessionKey { typealias Value = String }
enum Items: SessionKey { typealias Value = [String: [Int]] }
enum Ratio: SessionKey { typealias Value = Double }

let testKeys = try! CookieKeys(CookieKeysTests.new)

/// A clock that a test sets.
final class TestTime: Sendable {
    private let seconds = Mutex(1_000_000_000)

    func advance(_ by: Int) { seconds.withLock { $0 += by } }
    var date: Date { Date(timeIntervalSince1970: Double(seconds.withLock { $0 })) }
}

/// A store that notes what is asked of it, as an actor, with the `update` that a store has by itself.
actor TestStore: SessionStore {
    struct Failure: Error {}

    private(set) var kept: [SessionID: [UInt8]] = [:]
    private(set) var lifetimes: [Duration] = []
    private(set) var gets = 0
    private var fails = false
    private var hook: (@Sendable () async throws -> Void)?

    func get(_ id: SessionID) async throws -> [UInt8]? {
        gets += 1
        let bytes = kept[id]
        if let hook {
            self.hook = nil
            try await hook()
            return kept[id]
        }
        return bytes
    }

    func set(_ id: SessionID, _ bytes: [UInt8], expiringAfter lifetime: Duration) async throws {
        if fails { throw Failure() }
        try Task.checkCancellation()
        kept[id] = bytes
        lifetimes.append(lifetime)
    }

    func delete(_ id: SessionID) async throws { kept[id] = nil }

    func fail() { fails = true }
    func clear() { kept = [:] }

    /// Runs something when it is asked for a session the next time.
    func beforeNextGet(_ body: @escaping @Sendable () async throws -> Void) { hook = body }
}

/// Does to the session what the path says, and answers with what is in it.
let sessionApp = Handler { request in
    let session = try request.session
    for part in request.path.split(separator: "/") {
        switch part {
        case "add": session[Count.self, default: 0] += 1
        case "same": session[Count.self] = session[Count.self]
        case "name": session[Name.self] = "ada"
        case "unname": session[Name.self] = nil
        case "regenerate": session.regenerate()
        case "destroy": session.destroy()
        case "clear": session.removeAll()
        case "nothing": return Response.text("untouched")
        case "refuse": throw HTTPError(.conflict)
        default: break
        }
    }
    let names = session.names.joined(separator: ",")
    return Response.text("\(session[Count.self] ?? 0) \(session[Name.self] ?? "-") [\(names)] \(session.isNew)")
}

extension HTTPFields {
    /// The cookies that these fields set.
    var setCookies: [String] { self[values: .setCookie] }
    /// What a browser sends back for them.
    var cookie: String { setCookies.map { $0.prefix { $0 != ";" } }.joined(separator: "; ") }
}

/// Keeps the lines of a log.
struct LineLog: LogHandler {
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ lines: Lines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.add("\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:])") }
}
