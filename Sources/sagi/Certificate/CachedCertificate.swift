import SAGIServer
import SAGIServerCommand

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The certificate of `--tls-self-signed`: made once, and kept in the user's cache directory, so that a browser which
/// has been told to accept it goes on to.
enum CachedCertificate {
    /// The file with the certificate and its key; made when there is none, or when it is about to end.
    static func path() throws -> String {
        let directory = try directory()
        let path = "\(directory)/development.pem"
        if let pem = try? TextFile.read(path), DevelopmentCertificate.isUsable(pem) { return path }
        try Directory.make(directory, mode: 0o700)
        let made = try DevelopmentCertificate(days: 365)
        // Certificate and key in one file, put in place at once: another process never sees one without the other.
        let temporary = "\(path).\(getpid())"
        try TextFile.write(made.certificate + made.key, to: temporary, mode: 0o600)
        guard rename(temporary, path) == 0 else {
            throw ConfigurationError("Cannot write \(path): \(String(cString: strerror(errno))).")
        }
        return path
    }

    private static func directory() throws -> String {
        let environment = Program.environment
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return "\(cache)/sagi" }
        guard let home = environment["HOME"], home.hasPrefix("/") else {
            throw ConfigurationError("There is no place for the development certificate: HOME is not set.")
        }
        #if canImport(Darwin)
            return "\(home)/Library/Caches/sagi"
        #else
            return "\(home)/.cache/sagi"
        #endif
    }
}
