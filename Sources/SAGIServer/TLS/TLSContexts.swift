import CPlatform
import Logging
import NIOCore
import NIOSSL
import NIOTLS
import SAGI
import SwiftASN1
import Synchronization
import X509

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The certificates of one listener, ready for use, and read again when their files change.
final class TLSContexts: Sendable {
    private let options: TLSOptions
    private let closeTimeout: Duration
    private let loaded: Mutex<Loaded>

    private struct Loaded {
        var identities: [LoadedIdentity]
        var stamps: [FileStamp?]
    }

    /// - Parameter closeTimeout: how long to wait for the peer's goodbye (RFC 8446 §6.1).
    /// - Throws: ``ConfigurationError`` that names the file which cannot be used.
    init(_ options: TLSOptions, closeTimeout: Duration) throws {
        guard !options.identities.isEmpty else {
            throw ConfigurationError("A TLS listener needs a certificate and a key.")
        }
        self.options = options
        self.closeTimeout = closeTimeout
        loaded = Mutex(try Self.load(options, closeTimeout))
    }

    /// Reads the files again. When one of them is bad, the old certificates stay.
    func reload() throws {
        let fresh = try Self.load(options, closeTimeout)
        loaded.withLock { $0 = fresh }
    }

    private static func load(_ options: TLSOptions, _ closeTimeout: Duration) throws -> Loaded {
        // The stamps come first: a file that changes while it is read is read again.
        let stamps = files(options).map(FileStamp.init(path:))
        let identities = try options.identities.map { try LoadedIdentity($0, options, closeTimeout) }
        return Loaded(identities: identities, stamps: stamps)
    }

    private static func files(_ options: TLSOptions) -> [String] {
        options.identities.flatMap { [$0.certificate, $0.key] } + (options.clientAuthorities.map { [$0] } ?? [])
    }

    private var hasChanged: Bool {
        let stamps = Self.files(options).map(FileStamp.init(path:))
        return loaded.withLock { $0.stamps != stamps }
    }

    /// Looks at the files of all listeners from time to time.
    static func watch(_ all: [TLSContexts], logger: Logger) -> Task<Void, Never>? {
        guard let interval = all.compactMap(\.options.reloadInterval).min() else { return nil }
        return Task {
            while (try? await Task.sleep(for: interval)) != nil {
                for contexts in all where contexts.options.reloadInterval != nil && contexts.hasChanged {
                    do {
                        try contexts.reload()
                        logger.info("The certificates have changed and are used from now on.")
                    } catch {
                        logger.error("The changed certificates cannot be used: \(String(describing: error))")
                    }
                }
            }
        }
    }

    /// The identity for a name that a client asks for: an exact match, then a wildcard, then the first.
    private func identity(for name: String?) -> LoadedIdentity {
        loaded.withLock { loaded in
            guard let name = name?.lowercased(), loaded.identities.count > 1 else { return loaded.identities[0] }
            return loaded.identities.first { $0.names.contains(name) }
                ?? loaded.identities.first { identity in
                    identity.names.contains { pattern in
                        guard pattern.hasPrefix("*."), let dot = name.firstIndex(of: ".") else { return false }
                        return name[dot...] == pattern.dropFirst()
                    }
                } ?? loaded.identities[0]
        }
    }

    /// The handler that reads the name which a client asks for and then sets up TLS behind itself.
    func makeHandler(_ facts: ConnectionFacts, logger: Logger) -> any ChannelHandler {
        let mode = options.clientCertificates
        return TLSGreeter { name, channel in
            let identity = self.identity(for: name)
            facts.tls.serverName = name
            facts.tls.serverCertificate = identity.certificatePEM
            let handler = self.makeTLSHandler(identity, mode, facts)
            return [handler, HandshakeObserver(facts, tls: handler, logger: logger)]
        }
    }

    private func makeTLSHandler(
        _ identity: LoadedIdentity, _ mode: TLSOptions.ClientCertificates, _ facts: ConnectionFacts
    ) -> NIOSSLServerHandler {
        guard let verifier = identity.clientVerifier else { return NIOSSLServerHandler(context: identity.context) }
        return NIOSSLServerHandler(
            context: identity.context,
            customVerificationCallback: { chain, promise in
                promise.completeWithTask {
                    let result = await verifier.verify(chain)
                    facts.verified(result)
                    if case .failure = result, mode == .required { return .failed }
                    return .certificateVerified
                }
            })
    }
}

/// One certificate with its key, in a context of its own.
struct LoadedIdentity: Sendable {
    let context: NIOSSLContext
    let certificatePEM: String
    /// The names that it certifies, in lower case.
    let names: [String]
    /// Checks the clients' certificates, when they are asked for.
    let clientVerifier: ClientVerifier?

    init(_ identity: TLSOptions.Identity, _ options: TLSOptions, _ closeTimeout: Duration) throws {
        let chain = try Self.readChain(identity.certificate)
        let key = try Self.readKey(identity)
        guard let leaf = chain.first, let leafBytes = try? leaf.toDERBytes() else {
            throw ConfigurationError("The certificate file \(identity.certificate) has no certificate.")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = options.minimumVersion == .tls12 ? .tlsv12 : .tlsv13
        configuration.applicationProtocols = options.applicationProtocols
        configuration.shutdownTimeout = TimeAmount(closeTimeout)
        if let cipherSuites = options.cipherSuites { configuration.cipherSuites = cipherSuites }
        if options.clientCertificates != .none {
            configuration.certificateVerification =
                options.clientCertificates == .optional ? .optionalVerification : .noHostnameVerification
            clientVerifier = try ClientVerifier(authorities: options.clientAuthorities)
        } else {
            clientVerifier = nil
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw ConfigurationError(
                "TLS cannot be set up with the certificate \(identity.certificate), the key \(identity.key)"
                    + "\(options.cipherSuites.map { " and the cipher suites \"\($0)\"" } ?? ""): \(error).")
        }
        certificatePEM = PEM.encode(leafBytes, "CERTIFICATE")
        names = Self.names(leafBytes)
    }

    private static func readChain(_ path: String) throws -> [NIOSSLCertificate] {
        guard access(path, R_OK) == 0 else {
            throw ConfigurationError(
                "The certificate file \(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        do {
            return try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw ConfigurationError("The certificate file \(path) is not valid PEM: \(error).")
        }
    }

    private static func readKey(_ identity: TLSOptions.Identity) throws -> NIOSSLPrivateKey {
        guard access(identity.key, R_OK) == 0 else {
            throw ConfigurationError(
                "The key file \(identity.key) cannot be read: \(String(cString: strerror(errno))).")
        }
        do {
            guard let password = identity.keyPassword else {
                return try NIOSSLPrivateKey(file: identity.key, format: .pem)
            }
            return try NIOSSLPrivateKey(file: identity.key, format: .pem) { give in give(password.utf8) }
        } catch {
            let hint = identity.keyPassword == nil ? " If it is encrypted, it needs a password." : ""
            throw ConfigurationError("The key file \(identity.key) is not a valid PEM key: \(error).\(hint)")
        }
    }

    private static func names(_ der: [UInt8]) -> [String] {
        guard let certificate = try? Certificate(derEncoded: der) else { return [] }
        let alternatives = (try? certificate.extensions.subjectAlternativeNames).flatMap(\.self)
        return alternatives?.compactMap { if case .dnsName(let name) = $0 { name.lowercased() } else { nil } } ?? []
    }
}

/// What tells that a file has changed: its time, size and number.
struct FileStamp: Equatable, Sendable {
    private let seconds: Int64
    private let nanoseconds: Int64
    private let size: Int64
    private let inode: UInt64

    init?(path: String) {
        var status = sagi_file_status()
        guard sagi_status_of_path(path, &status) == 0 else { return nil }
        seconds = status.modified_seconds
        nanoseconds = status.modified_nanoseconds
        size = status.size
        inode = status.inode
    }
}
