// How the connection is secured, and who the client is.
//
//     sagi cert
//     swift run TLSIntrospection --tls-bind 127.0.0.1:8443 --tls-cert cert.pem --tls-key key.pem \
//         --tls-client-certs optional --tls-client-ca ca.pem
//     curl -k https://127.0.0.1:8443/
//     curl -k --cert alice.pem --key alice.key https://127.0.0.1:8443/
import HTTPTypes
import NIOCore
import SAGI
import SAGIServerCommand

@main
struct TLSIntrospection: ServerApplication {
    func handle(_ exchange: Exchange) async throws {
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }
        // A capability is a type: it is there on connections with TLS, and only there.
        guard let tls = http.scope.extensions[TLSInfo.self] else {
            return try await answer(http, ["This connection is not secured."])
        }
        var lines = [
            "version: \(Self.name(tls.version))",
            "cipher suite: \(tls.cipherSuite.map { "0x" + String($0, radix: 16) } ?? "unknown")",
            "name asked for: \(tls.serverName ?? "none")",
            "protocol agreed on: \(tls.applicationProtocol ?? "none")",
        ]
        if let name = tls.clientCertificateName {
            lines.append("client: \(name), with \(tls.clientCertificateChain.count) certificates")
        } else {
            // With `--tls-client-certs optional` a client without a valid certificate gets here too.
            lines.append("client: unknown\(tls.clientCertificateError.map { " (\($0))" } ?? "")")
        }
        try await answer(http, lines)
    }

    private static func name(_ version: UInt16?) -> String {
        switch version {
        case 0x0303: "TLS 1.2"
        case 0x0304: "TLS 1.3"
        default: "unknown"
        }
    }

    private func answer(_ http: HTTPExchange, _ lines: [String]) async throws {
        try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])))
        try await http.send(.body(lines.joined(separator: "\n") + "\n"))
    }
}
