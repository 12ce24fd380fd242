import Foundation
import Testing

@testable import SAGIServer
@testable import SAGIServerCommand

@Suite struct PackageBuildTests {
    private func build(_ executable: String, in directory: String) throws -> PackageBuild {
        try PackageBuild(of: ProgramStart(executable: executable, arguments: [], directory: directory))
    }

    @Test func `the path of a program says how it was built`() throws {
        let place = try TemporaryDirectory()
        _ = try place.write("", to: "Package.swift")
        let root = URL(filePath: place.path).resolvingSymlinksInPath().path
        for path in [".build/debug/shop", ".build/x86_64-unknown-linux-gnu/debug/shop"] {
            let build = try build("\(root)/\(path)", in: root)
            #expect((build.package, build.product, build.configuration, build.scratch) == (root, "shop", "debug", nil))
        }
        let release = try build("\(root)/elsewhere/release/shop", in: root)
        #expect(release.configuration == "release" && release.scratch == "\(root)/elsewhere")
        #expect(release.arguments.suffix(2) == ["--scratch-path", "\(root)/elsewhere"])
        #expect(release.executable == "\(root)/elsewhere/release/shop")
        // Started from somewhere else, it is the package in which it lies.
        #expect(try build("\(root)/.build/debug/shop", in: "/").package == root)
    }

    @Test func `a program that was not built by Swift cannot be built anew`() {
        for path in ["/usr/bin/shop", "/shop", "shop"] {
            #expect(throws: ConfigurationError.self) { try build(path, in: "/") }
        }
        #expect(sentence { try build("/a/b/debug/shop", in: "/") }.contains("There is no Package.swift"))
    }

    @Test func `the nearest package counts, from a directory upwards`() throws {
        let place = try TemporaryDirectory()
        _ = try place.write("", to: "Package.swift")
        try FileManager.default.createDirectory(atPath: "\(place.path)/a/b", withIntermediateDirectories: true)
        #expect(PackageBuild.package(above: "\(place.path)/a/b") == place.path)
        #expect(PackageBuild.package(above: "/") == nil)
    }
}
