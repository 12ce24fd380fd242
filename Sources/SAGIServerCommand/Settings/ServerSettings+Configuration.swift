import Logging
package import SAGIServer

extension ServerSettings {
    /// Puts the configuration together, and checks what only shows when all options are there.
    ///
    /// - Parameters:
    ///   - given: where each option that was given came from.
    ///   - inherited: how many listening sockets this process was given by a service manager.
    /// - Throws: ``ConfigurationError``.
    package func makeConfiguration(given: [String: Origin] = [:], inherited: Int = 0) throws -> ServerConfiguration {
        var result = configuration
        result.listeners = try makeListeners(given, inherited)
        result.accessLog = accessLog.map { AccessLogConfiguration($0, format: accessLogFormat) }
        result.webSocket.compression = compressesMessages ? deflate : nil
        if isQuiet, given["log-level"] == nil { result.logLevel = max(result.logLevel, .error) }
        try check(result, given)
        return result
    }

    private func makeListeners(_ given: [String: Origin], _ inherited: Int) throws -> [ListenerConfiguration] {
        let tls = try makeTLS()
        var listeners: [ListenerConfiguration]
        if !bindings.isEmpty || !secureBindings.isEmpty {
            listeners = bindings.map { listener($0, nil) } + secureBindings.map { listener($0, tls) }
        } else if inherited > 0 {
            // Socket activation: the sockets that are there, from descriptor 3 on.
            listeners = (3..<(3 + inherited)).map { listener(Binding(.descriptor(CInt($0))), nil) }
        } else {
            listeners = configuration.listeners
            for index in listeners.indices {
                listeners[index].proxyProtocol = proxyProtocol ?? listeners[index].proxyProtocol
                listeners[index].unixSocketMode = unixMode ?? listeners[index].unixSocketMode
                listeners[index].dualStack = ipv6Only.map { !$0 } ?? listeners[index].dualStack
                listeners[index].tls = listeners[index].tls.map { changed($0, to: tls, given) }
            }
        }
        guard listeners.allSatisfy({ $0.tls?.identities.isEmpty != true }) else {
            throw ConfigurationError("A TLS listener needs --tls-cert FILE and --tls-key FILE.")
        }
        return listeners
    }

    private func listener(_ binding: Binding, _ tls: TLSOptions?) -> ListenerConfiguration {
        var listener = ListenerConfiguration(
            binding.address, tls: tls, proxyProtocol: binding.proxyProtocol ?? proxyProtocol ?? false)
        if let mode = binding.unixMode ?? unixMode { listener.unixSocketMode = mode }
        listener.versions = binding.versions
        listener.dualStack = (binding.ipv6Only ?? ipv6Only).map { !$0 }
        return listener
    }

    /// The application's own TLS for one listener, with what the options say for all.
    private func changed(_ own: TLSOptions, to tls: TLSOptions, _ given: [String: Origin]) -> TLSOptions {
        var result = own
        func take<Value>(_ path: WritableKeyPath<TLSOptions, Value>, _ name: String) {
            if given[name] != nil { result[keyPath: path] = tls[keyPath: path] }
        }
        if !certificates.isEmpty { result.identities = tls.identities }
        take(\.minimumVersion, "tls-min-version")
        take(\.cipherSuites, "tls-ciphers")
        take(\.applicationProtocols, "tls-alpn")
        take(\.clientCertificates, "tls-client-certs")
        take(\.clientAuthorities, "tls-client-ca")
        take(\.reloadInterval, "tls-reload-interval")
        return result
    }

    private func makeTLS() throws -> TLSOptions {
        var tls = tls
        guard certificates.count == keys.count else {
            throw ConfigurationError(
                "Every --tls-cert FILE needs its --tls-key FILE, in the same order; there are \(certificates.count) and "
                    + "\(keys.count).")
        }
        let passwords = try makePasswords()
        guard !certificates.isEmpty else {
            guard passwords.isEmpty else {
                throw ConfigurationError("A key password needs --tls-cert FILE and --tls-key FILE.")
            }
            return tls
        }
        guard passwords.count <= 1 || passwords.count == keys.count else {
            throw ConfigurationError(
                "--tls-key-password-file takes one file for all keys or one for each; there are \(passwords.count) "
                    + "files and \(keys.count) keys.")
        }
        tls.identities = zip(certificates, keys).enumerated().map { index, files in
            TLSOptions.Identity(
                certificate: files.0, key: files.1,
                keyPassword: passwords.count > 1 ? passwords[index] : passwords.first)
        }
        return tls
    }

    private func makePasswords() throws -> [String] {
        guard let keyPassword else {
            return try keyPasswordFiles.map { path in
                var text = try TextFile.read(path)
                if text.last?.isNewline == true { text.removeLast() }
                return text
            }
        }
        guard keyPasswordFiles.isEmpty else {
            throw ConfigurationError("Use either --tls-key-password or --tls-key-password-file.")
        }
        return [keyPassword]
    }

    /// Options that have no effect are errors: somebody relies on them.
    private func check(_ result: ServerConfiguration, _ given: [String: Origin]) throws {
        func refuse(_ name: String, _ reason: String, where isUseless: Bool) throws {
            guard let origin = given[name], isUseless else { return }
            throw ConfigurationError("\(origin) has no effect \(reason).")
        }
        let usesTLS = result.listeners.contains { $0.tls != nil }
        for option in ServerOptions.tls.options {
            try refuse(option.name, "without a TLS listener (--tls-bind ADDRESS)", where: !usesTLS)
        }
        try refuse(
            "tls-client-ca", "while --tls-client-certs is none", where: usesTLS && tls.clientCertificates == .none)
        try refuse("access-log-format", "without --access-log", where: accessLog == nil)
        try refuse(
            "unix-mode", "without an address unix:PATH",
            where: !result.listeners.contains { if case .unix = $0.address { true } else { false } })
        try refuse(
            "ipv6-only", "without an address HOST:PORT",
            where: !result.listeners.contains { if case .tcp = $0.address { true } else { false } })
        for option in ServerOptions.webSockets.options where option.name.hasPrefix("ws-deflate-") {
            try refuse(option.name, "with --no-ws-deflate", where: !compressesMessages)
        }
        guard result.limits.lowWaterMark <= result.limits.highWaterMark else {
            throw ConfigurationError(
                "The low-water mark (\(Size.format(result.limits.lowWaterMark))) is above the high-water mark "
                    + "(\(Size.format(result.limits.highWaterMark))); see --limit-low-water and --limit-high-water.")
        }
    }
}
