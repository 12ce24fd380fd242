import NIOCore
import NIOSSL
import SAGI
import SwiftASN1
import X509

/// Checks the certificates that a client presents (RFC 5280 §6).
struct ClientVerifier: Sendable {
    /// A client whose certificate is good.
    struct Client: Sendable {
        /// The certificates that it presented, its own first, as PEM.
        let chain: [String]
        /// The subject of its certificate (RFC 4514).
        let name: String
    }

    struct Problem: Error {
        let sentence: String
    }

    private let roots: CertificateStore

    /// - Parameter authorities: a PEM file; nil is what the system trusts.
    init(authorities: String?) throws {
        guard let authorities else {
            roots = CertificateStore.systemTrustRoots
            return
        }
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(authorities)
            roots = CertificateStore(try certificates.map { try Certificate(derEncoded: $0.toDERBytes()) })
        } catch {
            throw ConfigurationError("The client authorities in \(authorities) cannot be read: \(error).")
        }
    }

    func verify(_ presented: [NIOSSLCertificate]) async -> Result<Client, Problem> {
        let ders = presented.compactMap { try? $0.toDERBytes() }
        let certificates = ders.compactMap { try? Certificate(derEncoded: $0) }
        guard let leaf = certificates.first, certificates.count == presented.count else {
            return .failure(Problem(sentence: "The certificate cannot be read."))
        }
        guard Self.mayIdentifyClient(leaf) else {
            return .failure(Problem(sentence: "The certificate is not meant for clients."))
        }
        var verifier = Verifier(rootCertificates: roots) { RFC5280Policy() }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(certificates.dropFirst())) {
        case .validCertificate:
            return .success(Client(chain: ders.map { PEM.encode($0, "CERTIFICATE") }, name: "\(leaf.subject)"))
        case .couldNotValidate(let failures):
            let reasons = failures.map { "\($0.policyFailureReason)" }.joined(separator: "; ")
            return .failure(
                Problem(
                    sentence: reasons.isEmpty
                        ? "The certificate was not signed by a known authority."
                        : "The certificate is not valid: \(reasons)"))
        }
    }

    /// RFC 5280 §4.2.1.12: a certificate that says what it is for has to name clients.
    private static func mayIdentifyClient(_ certificate: Certificate) -> Bool {
        do {
            guard let usages = try certificate.extensions.extendedKeyUsage else { return true }
            return usages.contains(.clientAuth) || usages.contains(.any)
        } catch {
            return false
        }
    }
}
