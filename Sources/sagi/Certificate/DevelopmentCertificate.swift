import Crypto
import SAGIServer
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A certificate that signs itself, and its key: good for development and nothing else.
struct DevelopmentCertificate: Sendable {
    /// The certificate, as PEM.
    let certificate: String
    /// Its key, as PEM.
    let key: String
    /// Host names and IP addresses that it certifies.
    let hosts: [String]

    static let standardHosts = ["localhost", "127.0.0.1", "::1"]

    /// Makes one with a new ECDSA P-256 key.
    ///
    /// - Parameters:
    ///   - hosts: host names and IP addresses beside those of this machine itself.
    ///   - days: how long it is valid.
    init(hosts: [String] = [], days: Int) throws {
        var all = Self.standardHosts
        for host in hosts where !all.contains(host) { all.append(host) }
        self.hosts = all

        let privateKey = P256.Signing.PrivateKey()
        let issuerKey = Certificate.PrivateKey(privateKey)
        let name = try DistinguishedName {
            CommonName(hosts.first ?? "localhost")
            OrganizationName("SAGI development certificate")
        }
        // A clock that is a little behind must not find it invalid.
        let begin = Date(timeIntervalSinceNow: -3600)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: issuerKey.publicKey,
            notValidBefore: begin, notValidAfter: begin.addingTimeInterval(3600 + Double(days) * 86400),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                // No authority: whoever gets hold of the key can make no other certificate with it.
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(all.map(Self.alternativeName))
                SubjectKeyIdentifier(hash: issuerKey.publicKey)
            },
            issuerPrivateKey: issuerKey)
        self.certificate = try certificate.serializeAsPEM().pemString + "\n"
        key = privateKey.pemRepresentation + "\n"
    }

    private static func alternativeName(_ host: String) -> GeneralName {
        if let bytes = addressBytes(host) { return .ipAddress(ASN1OctetString(contentBytes: bytes[...])) }
        return .dnsName(host)
    }

    /// The bytes of an IPv4 or IPv6 address; nil when it is none.
    private static func addressBytes(_ host: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// Whether a PEM file has a certificate that is valid now and for another day.
    static func isUsable(_ pem: String) -> Bool {
        guard let documents = try? PEMDocument.parseMultiple(pemString: pem),
            let document = documents.first(where: { $0.discriminator == Certificate.defaultPEMDiscriminator }),
            let certificate = try? Certificate(pemDocument: document)
        else { return false }
        return certificate.notValidBefore < Date() && certificate.notValidAfter > Date(timeIntervalSinceNow: 86400)
    }
}
