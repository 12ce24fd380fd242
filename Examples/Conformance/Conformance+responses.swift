import HTTPTypes
import NIOCore
import SAGI

/// Routes with small answers, and those that misbehave.
extension Conformance {
    /// `/page`: a page of HTML.
    func page(_ http: HTTPExchange) async throws {
        let page = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>SAGI</title></head>
            <body><h1>It works</h1><p>This page is served by SAGI.</p></body>
            </html>

            """
        try await text(http, page, type: "text/html; charset=utf-8")
    }

    /// `/headers`: what the server knows of the request, as JSON.
    func facts(_ http: HTTPExchange) async throws {
        let scope = http.scope
        var json = JSON.Object()
        json["method"] = .text(scope.method.rawValue)
        json["path"] = .text(scope.path)
        json["rawPath"] = .text(scope.rawPath)
        json["query"] = .optional(scope.query)
        json["rootPath"] = .text(scope.rootPath)
        json["scheme"] = .text(scope.scheme)
        json["authority"] = .optional(scope.authority)
        json["version"] = .text("\(scope.version)")
        json["client"] = .optional(scope.client?.description)
        json["server"] = .optional(scope.server?.description)
        json["headers"] = .list(scope.headerFields.map { .list([.text($0.name.rawName), .text($0.value)]) })
        json["tls"] = scope.extensions[TLSInfo.self].map { .object(Self.facts($0)) } ?? .null
        try await text(http, JSON.object(json).description + "\n", type: "application/json")
    }

    private static func facts(_ tls: TLSInfo) -> JSON.Object {
        var json = JSON.Object()
        json["version"] = tls.version.map { .number(Int($0)) } ?? .null
        json["cipherSuite"] = tls.cipherSuite.map { .number(Int($0)) } ?? .null
        json["serverCertificate"] = .optional(tls.serverCertificate)
        json["clientCertificateChain"] = .list(tls.clientCertificateChain.map { .text($0) })
        json["clientCertificateName"] = .optional(tls.clientCertificateName)
        json["clientCertificateError"] = .optional(tls.clientCertificateError)
        json["serverName"] = .optional(tls.serverName)
        json["applicationProtocol"] = .optional(tls.applicationProtocol)
        return json
    }

    /// `/status/N`: a response with that status.
    func status(_ http: HTTPExchange, _ code: Substring) async throws {
        guard let code = Int(code), (200...599).contains(code) else { return try await notUnderstood(http) }
        let status = HTTPResponse.Status(code: code)
        try await text(http, "\(code)\n", status: status)
    }

    /// `/slow?ms=`: a response after a pause.
    func slow(_ http: HTTPExchange, _ query: Query) async throws {
        try await Task.sleep(for: query.milliseconds("ms", default: 1000))
        try await text(http, "That took a while.\n")
    }

    /// `/hints`: 103 Early Hints, and then the response (RFC 8297).
    func hints(_ http: HTTPExchange) async throws {
        var hints = HTTPResponse(status: HTTPResponse.Status(code: 103))
        if let link = HTTPField.Name("Link") { hints.headerFields[link] = "</style.css>; rel=preload; as=style" }
        try await http.send(.informational(hints))
        try await http.send(.flush)
        try await text(http, "Hints came before.\n")
    }

    /// `/abort`: a response that breaks off.
    func abort(_ http: HTTPExchange) async throws {
        try await http.send(.start(Self.helloHead))
        try await http.send(.body("This response has no", more: true))
        try await http.send(.flush)
        throw Failure(text: "This route throws in the middle of its response.")
    }

    /// `/watch/NAME?ms=`: waits for the client to go, and notes that it waits and how it went. `/seen/NAME` tells.
    func watch(_ http: HTTPExchange, _ name: Substring, _ query: Query) async throws {
        let sightings = http.scope.state[Sightings.self]
        let name = String(name)
        http.scope.connection.onDisconnect { sightings?.note(name, "disconnected: \($0)") }
        http.scope.connection.onComplete { sightings?.note(name, "completed") }
        sightings?.note(name, "begun")
        do {
            try await Task.sleep(for: query.milliseconds("ms", default: 30_000))
        } catch {
            sightings?.note(name, "cancelled")
            throw error
        }
        try await text(http, "Nobody left.\n")
    }

    /// `/received/NAME`: receives until the exchange ends, and notes that it does and what came. `/seen/NAME` tells.
    func received(_ http: HTTPExchange, _ name: Substring) async throws {
        let sightings = http.scope.state[Sightings.self]
        let name = String(name)
        var count = 0
        sightings?.note(name, "begun")
        while true {
            switch try await http.receive() {
            case .body(let bytes, let more):
                count += bytes.readableBytes
                if !more { sightings?.note(name, "content: \(count)") }
            case .trailers(let fields):
                sightings?.note(name, "trailers: \(fields.count)")
            case .disconnect(let reason):
                sightings?.note(name, "disconnect: \(reason)")
                return
            }
        }
    }

    func seen(_ http: HTTPExchange, _ name: Substring) async throws {
        let notes = http.scope.state[Sightings.self]?.notes(String(name)) ?? []
        try await text(http, notes.map { $0 + "\n" }.joined())
    }
}
