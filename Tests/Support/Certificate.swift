import Foundation
package import SAGIServer

/// A certificate for localhost and its key, made for these tests: worth nothing, and valid from 2020 to 2120.
package struct Certificate {
    package let identity: TLSOptions.Identity
    private let directory: URL

    /// Writes both into a directory of their own.
    package init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "sagi-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let certificate = directory.appending(path: "certificate.pem")
        let key = directory.appending(path: "key.pem")
        try Self.certificate.write(to: certificate, atomically: true, encoding: .utf8)
        try Self.key.write(to: key, atomically: true, encoding: .utf8)
        identity = TLSOptions.Identity(certificate: certificate.path, key: key.path)
    }

    package func remove() { try? FileManager.default.removeItem(at: directory) }

    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBeTCCASCgAwIBAgIUcZA0OekIlN0TXCMQYprNd/6D2f0wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAx
        MDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARqVubdZ9E1eoDLSs4kLeYrc08vWoz+rptDH7VoaTpUl7WPQyGiHKVT
        J1Yi4iX/0EbokJDvWj3VM1lu0zU1Z3OLo04wTDAaBgNVHREEEzARgglsb2NhbGhv
        c3SHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUrQ681pMs3ubNyCYu
        hBiPDMFhmbgwCgYIKoZIzj0EAwIDRwAwRAIgORmrIhprlxt4LExKKH7D5GE5t6IC
        DU2g+wzXHQsJFH0CIH8IRAZSLroRerHY0XfcMGL4Ied43epf7JcsLNaBWKTp
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQMKsco8rkzFbzOU/
        ou3TXdo6EPln9wLFmOoIKMuwP9OhRANCAARqVubdZ9E1eoDLSs4kLeYrc08vWoz+
        rptDH7VoaTpUl7WPQyGiHKVTJ1Yi4iX/0EbokJDvWj3VM1lu0zU1Z3OL
        -----END PRIVATE KEY-----
        """
}
