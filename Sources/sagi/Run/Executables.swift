import SAGIServer

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

/// The programs of a package.
enum Executables {
    /// - Throws: ``ConfigurationError`` with what Swift says about the package.
    static func names(of package: String) throws -> [String] {
        let process = popen(
            "swift package --package-path '\(package.replacing("'", with: "'\\''"))' show-executables --format json",
            "r")
        guard let process else { throw ConfigurationError("Swift was not found: \(String(cString: strerror(errno))).") }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&part, 1, part.count, process), count > 0 { bytes += part.prefix(count) }
        guard pclose(process) == 0, let found = try? JSONDecoder().decode([Executable].self, from: Data(bytes)) else {
            throw ConfigurationError("The package in \(package) cannot be read.")
        }
        // Those of the packages that it depends on are not its own.
        return found.filter { $0.package == nil }.map(\.name).sorted()
    }

    private struct Executable: Codable {
        var name: String
        var package: String?
    }
}
