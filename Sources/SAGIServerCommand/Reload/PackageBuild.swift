package import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Builds one product of a package, with `swift build`.
package struct PackageBuild: Sendable {
    /// The directory with `Package.swift`.
    package let package: String
    package let product: String
    package let configuration: String
    /// Where the build lies, when that is not `.build`.
    package let scratch: String?

    package init(package: String, product: String, configuration: String = "debug", scratch: String? = nil) {
        self.package = package
        self.product = product
        self.configuration = configuration
        self.scratch = scratch
    }

    /// How a program that is running was built: its path says so.
    ///
    /// - Parameter start: the program; its executable is PACKAGE/.build/debug/PRODUCT, with a target in between or not.
    /// - Throws: ``ConfigurationError`` when it is no product of a package.
    package init(of start: ProgramStart) throws {
        let path = Self.resolved(start.executable)
        var parts = path.split(separator: "/").map(String.init)
        guard parts.count > 3, let product = parts.popLast(), let configuration = parts.popLast(),
            ["debug", "release"].contains(configuration)
        else {
            throw ConfigurationError("\(path) was not built by \"swift build\", so --reload cannot build it anew.")
        }
        // The name of the target, as in x86_64-unknown-linux-gnu.
        if let target = parts.last, target.filter({ $0 == "-" }).count >= 2 { parts.removeLast() }
        let scratch = "/" + parts.joined(separator: "/")
        let above = "/" + parts.dropLast().joined(separator: "/")
        guard let package = Self.package(above: start.directory) ?? Self.package(above: above) else {
            throw ConfigurationError("There is no Package.swift in or above \(start.directory), which --reload needs.")
        }
        self.init(
            package: package, product: product, configuration: configuration,
            scratch: scratch == "\(package)/.build" ? nil : scratch)
    }

    /// The nearest directory with a `Package.swift`, from `directory` upwards.
    package static func package(above directory: String) -> String? {
        var parts = directory.split(separator: "/")[...]
        while true {
            let path = "/" + parts.joined(separator: "/")
            if access("\(path)/Package.swift", F_OK) == 0 { return path }
            if parts.popLast() == nil { return nil }
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let text = realpath(path, nil) else { return path }
        defer { free(text) }
        return String(cString: text)
    }

    package var arguments: [String] {
        ["swift", "build", "--product", product, "--configuration", configuration]
            + (scratch.map { ["--scratch-path", $0] } ?? [])
    }

    /// Where the product lies.
    package var executable: String { "\(scratch ?? "\(package)/.build")/\(configuration)/\(product)" }
}
