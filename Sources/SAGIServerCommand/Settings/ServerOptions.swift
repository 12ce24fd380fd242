import Logging
import SAGIServer

/// The table of a server's options.
package enum ServerOptions {
    package static let table = OptionTable([
        listening, tls, application, responses, limits, timeouts, http2, webSockets, eventStreams, logging, workers,
        reload,
        process,
    ])

    static let listening = OptionGroup<ServerSettings>(
        "Listening",
        [
            Option(
                "bind", letter: "b", each: \.bindings, .binding, default: { addresses($0, secure: false) },
                "Listens in cleartext on HOST:PORT, [v6]:PORT, unix:PATH or the inherited descriptor fd:N. After it, "
                    + "commas add what holds there alone: http1, http2 (no other version of HTTP), proxy-protocol, "
                    + "mode=MODE, ipv6-only or dual-stack."),
            Option(
                "tls-bind", each: \.secureBindings, .binding, default: { addresses($0, secure: true) },
                "Listens with TLS, on an address as for --bind; needs a certificate and a key."),
            Option(
                "proxy-protocol", \.proxyProtocol, .optional(.toggle), default: "off",
                "Expects a PROXY protocol header (version 1 or 2) on every connection of all listeners, which nobody but "
                    + "the proxy may reach; for one of them: --bind ADDRESS,proxy-protocol."),
            Option(
                "unix-mode", \.unixMode, .optional(.fileMode), default: "0600",
                "Permissions of Unix sockets."),
            Option(
                "ipv6-only", \.ipv6Only, .optional(.toggle), default: "as the system does",
                "Whether an IPv6 listener refuses IPv4 connections."),
            Option(
                "backlog", \.configuration.backlog, .count(1...65535), "Connections that wait to be accepted."),
            Option(
                "reuse-port", \.configuration.reusePort, .toggle,
                "Opens one socket for each event loop (SO_REUSEPORT), and lets the kernel spread the connections."),
            Option(
                "event-loops", \.configuration.eventLoops, .or("auto", .count(1...1024)), default: "one per core",
                "Threads that serve connections."),
        ])

    static let tls = OptionGroup<ServerSettings>(
        "TLS",
        [
            Option(
                "tls-cert", each: \.certificates, .file,
                "PEM file with a certificate and its chain; the first is the default, the others serve their names."),
            Option("tls-key", each: \.keys, .file, "PEM file with the key; one for each certificate, in order."),
            Option(
                "tls-key-password", \.keyPassword, .optional(.text("TEXT", "the password of the keys")),
                "Password of encrypted keys. Other users can see flags: prefer the variable or a file."),
            Option(
                "tls-key-password-file", each: \.keyPasswordFiles, .file,
                "File with the password; one for all keys or one for each, in order."),
            Option(
                "tls-min-version", \.tls.minimumVersion, .cases(), "Lowest version that is accepted."),
            Option(
                "tls-ciphers", \.tls.cipherSuites, .or("default", .text("LIST", "cipher suites in OpenSSL's notation")),
                default: "those with forward secrecy", "Cipher suites for TLS 1.2, in OpenSSL's notation."),
            Option(
                "tls-alpn", each: \.tls.applicationProtocols, .text("NAME", "the name of a protocol"),
                "Protocols offered to clients (ALPN), best first."),
            Option(
                "tls-client-certs", \.tls.clientCertificates, .cases(),
                "Whether clients are asked for a certificate, and refused without a valid one."),
            Option(
                "tls-client-ca", \.tls.clientAuthorities, .or("system", .file), default: "what the system trusts",
                "PEM file with the authorities for clients' certificates."),
            Option(
                "tls-reload-interval", \.tls.reloadInterval, .orOff(.duration()),
                "How often the files are looked at for changes."),
        ])

    static let application = OptionGroup<ServerSettings>(
        "Application",
        [
            Option(
                "lifespan", \.configuration.lifespan, .cases(),
                "Whether the application is told of startup and shutdown; auto lets it decline, on does not."),
            Option("root-path", \.configuration.rootPath, .mountPath, "Path below which the application is mounted."),
            Option(
                "server-name", each: \.configuration.serverNames, .hostName,
                default: { settings in
                    let names = settings.configuration.serverNames
                    return names.isEmpty ? "every host" : names.joined(separator: ", ")
                },
                "Host that is served; *.example.org covers all below. Others are answered 421."),
            Option(
                "run-on", \.configuration.runsApplicationOnLoop,
                .choice("PLACE", [("event-loop", true), ("global-pool", false)]),
                "Where the application runs: on event-loop it must not block; global-pool is slower."),
            Option(
                "cancel", \.configuration.cancelsOnDisconnect, .toggle,
                "Whether the task of an exchange is cancelled when its client has gone."),
        ])

    static let responses = OptionGroup<ServerSettings>(
        "Responses",
        [
            Option(
                "server-field", \.configuration.serverField, .orOff(.fieldValue), "The Server field of every response."),
            Option("date", \.configuration.addsDate, .toggle, "Whether every response has a Date field."),
            Option(
                "alt-svc", \.configuration.altSvc, .orOff(.fieldValue),
                "The Alt-Svc field of every response, for a service that really is there."),
        ])

    private static func addresses(_ settings: ServerSettings, secure: Bool) -> String? {
        let addresses = settings.configuration.listeners.filter { ($0.tls != nil) == secure }.map(\.address.description)
        return addresses.isEmpty ? nil : addresses.joined(separator: ", ")
    }
}
