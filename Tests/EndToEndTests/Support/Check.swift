import Foundation
import Testing

/// Starts a server with `flags` and runs the client's check that has the name of the calling test: the function
/// `bareLineFeedAllowed` of `FramingTests.swift` is the check `bare_line_feed_allowed` of `framing.py`.
///
/// - Parameters:
///   - flags: the flags of the server, behind those that have it listen on a free port of the loopback.
///   - tls: whether the server listens with TLS too.
///   - binds: where the server listens, instead of 127.0.0.1.
///   - exits: the exit status of a server that ends during the check; nil when it must go on.
///   - timeout: how long the check may take.
func check(
    _ flags: String..., program: String = "Conformance", tls: Bool = false,
    binds: [String] = ["--bind", "127.0.0.1:0"],
    environment: [String: String] = [:], launcher: [String] = [], socket: String? = nil, exits: Int32? = nil,
    timeout: Duration = .seconds(60), file: String = #fileID, function: String = #function,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    var all = binds
    if socket == nil, !flags.contains("--event-loops") { all += ["--event-loops", "1"] }
    if tls {
        all += ["--tls-bind", "127.0.0.1:0", "--tls-cert", "$CERTS/server.pem", "--tls-key", "$CERTS/server.key"]
    }
    let options = ServerProcess.Options(
        program: program, flags: all + flags, environment: environment, launcher: launcher, socket: socket)
    try await check(options, exits, timeout, file, function, sourceLocation)
}

/// The same for a program that is made up of several processes, or is replaced: it has a file with its number, a control
/// socket, and a file in which the application notes its life, called pid, ctl and lives in its folder.
///
/// - Parameter workers: how many there are; nil for a single process.
func checkProgram(
    _ flags: String..., workers: Int? = nil, binds: [String] = ["--bind", "127.0.0.1:0"],
    environment: [String: String] = [:], launcher: [String] = [], exits: Int32? = nil,
    timeout: Duration = .seconds(60), file: String = #fileID, function: String = #function,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    var all = binds + ["--event-loops", "1", "--pid-file", "$FOLDER/pid", "--control-socket", "$FOLDER/ctl"]
    if let workers { all += ["--workers", "\(workers)"] }
    let variables = environment.merging(["CONFORMANCE_LIFESPAN_LOG": "$FOLDER/lives"]) { given, _ in given }
    let options = ServerProcess.Options(flags: all + flags, environment: variables, launcher: launcher)
    try await check(options, exits, timeout, file, function, sourceLocation)
}

private func check(
    _ options: ServerProcess.Options, _ exits: Int32?, _ timeout: Duration, _ file: String, _ function: String,
    _ sourceLocation: SourceLocation
) async throws {
    try await Slots.shared.withSlot {
        let server = try await ServerProcess.start(options)
        let client = try await Client.run(file, function, facts: server.facts(), timeout: timeout)
        #expect(
            client.passed, "\(client.text)\nThe server wrote:\n\(server.child.text.suffix(4000))",
            sourceLocation: sourceLocation)
        if let exits {
            let status = await server.child.exitStatus(within: .seconds(10))
            #expect(status == exits, "The server wrote:\n\(server.child.text)", sourceLocation: sourceLocation)
        } else {
            let status = server.child.status
            #expect(status == nil, "The server ended: \(server.child.text)", sourceLocation: sourceLocation)
        }
        await server.stop()
        await expectNobody(in: server.folder, sourceLocation)
    }
}

/// Runs a check that starts its server itself.
func checkAlone(
    program: String = "Conformance", timeout: Duration = .seconds(60), file: String = #fileID,
    function: String = #function, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    try await Slots.shared.withSlot {
        let folder = try Workspace.makeFolder()
        let facts = ["program": try Workspace.program(program), "folder": folder.path]
        let text = String(decoding: try JSONSerialization.data(withJSONObject: facts), as: UTF8.self)
        let client = try await Client.run(file, function, facts: text, timeout: timeout)
        let log = try? String(contentsOf: folder.appendingPathComponent("started.log"), encoding: .utf8)
        #expect(
            client.passed, "\(client.text)\nThe server wrote:\n\(log?.suffix(4000) ?? "")",
            sourceLocation: sourceLocation)
        await expectNobody(in: folder, sourceLocation)
    }
}

/// Expects that no process of a server is left, once they have had time to end.
private func expectNobody(in folder: URL, _ sourceLocation: SourceLocation) async {
    let deadline = ContinuousClock.now + .seconds(10)
    var left = ProcessTable.processes(in: folder)
    while !left.isEmpty, ContinuousClock.now < deadline {
        try? await Task.sleep(for: .milliseconds(10))
        left = ProcessTable.processes(in: folder)
    }
    #expect(left.isEmpty, "Processes were left behind.", sourceLocation: sourceLocation)
    ProcessTable.kill(left)
}

/// Expects that the application ends by itself with `status`, and says the sentences.
func expectEnd(
    _ flags: [String], program: String = "Conformance", status: Int32, environment: [String: String] = [:],
    _ sentences: [String],
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    try await Slots.shared.withSlot {
        let (child, _) = try await ServerProcess.launch(.init(program: program, flags: flags, environment: environment))
        let got = await child.exitStatus(within: .seconds(20))
        #expect(got == status, "\(child.text)", sourceLocation: sourceLocation)
        for sentence in sentences {
            #expect(child.text.contains(sentence), "\(child.text)", sourceLocation: sourceLocation)
        }
    }
}
