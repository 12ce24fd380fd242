// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let http = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A runnable program of Examples/.
func example(_ name: String, _ more: Target.Dependency...) -> Target {
    .executableTarget(
        name: name, dependencies: ["SAGI", "SAGIServerCommand", http, nioCore] + more, path: "Examples/\(name)",
        swiftSettings: settings)
}

/// The tests of a target.
func tests(_ name: String, _ more: Target.Dependency...) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name)] + more + [http, nioCore], swiftSettings: settings)
}

let package = Package(
    name: "sagi",
    platforms: [.macOS("26.0")],
    products: [
        .library(name: "SAGI", targets: ["SAGI"]),
        .library(name: "SAGIServer", targets: ["SAGIServer"]),
        .library(name: "SAGIServerCommand", targets: ["SAGIServerCommand"]),
        .library(name: "SAGIToolkit", targets: ["SAGIToolkit"]),
        .library(name: "SAGITesting", targets: ["SAGITesting"]),
        .library(name: "SAGILiveTesting", targets: ["SAGILiveTesting"]),
        .executable(name: "sagi", targets: ["sagi"]),
        .executable(name: "Conformance", targets: ["Conformance"]),
        .executable(name: "Routing", targets: ["Routing"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CPlatform"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CBrotli", providers: [.apt(["libbrotli-dev"]), .brew(["brotli"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        .target(name: "HTTPSemantics", swiftSettings: settings),
        .target(name: "SAGI", dependencies: ["HTTPSemantics", http, nioCore, logging], swiftSettings: settings),
        .target(name: "HTTP1", dependencies: ["HTTPSemantics", http, nioCore], swiftSettings: settings),
        .target(name: "HPACK", dependencies: ["HTTPSemantics"], swiftSettings: settings),
        .target(name: "HTTP2", dependencies: ["HPACK", "HTTPSemantics", nioCore], swiftSettings: settings),
        .target(
            name: "WebSocketProtocol", dependencies: ["HTTPSemantics", "CZlib", nioCore, crypto],
            swiftSettings: settings),
        .target(
            name: "SAGIServer",
            dependencies: [
                "SAGI", "HTTP1", "HTTP2", "HPACK", "WebSocketProtocol", "HTTPSemantics", "CPlatform", http, nioCore,
                nioPosix, nioTLS,
                nioSSL, logging, lifecycle, x509, asn1,
            ],
            swiftSettings: settings),
        .target(
            name: "SAGIServerCommand",
            dependencies: ["SAGI", "SAGIServer", "HTTPSemantics", "CPlatform", http, nioCore, logging, yams],
            swiftSettings: settings
        ),
        .target(
            name: "SAGIToolkit",
            dependencies: [
                "SAGI", "HTTPSemantics", "CPlatform", "CZlib", "CBrotli", "CZstd", http, nioCore, logging, crypto,
            ],
            swiftSettings: settings),
        .target(
            name: "SAGITesting", dependencies: ["SAGI", "HTTPSemantics", http, nioCore, logging],
            swiftSettings: settings),
        .target(
            name: "SAGILiveTesting",
            dependencies: [
                "SAGI", "SAGIServer", "SAGITesting", "WebSocketProtocol", "HTTPSemantics", http, nioCore, nioPosix,
                nioHTTP1, nioSSL, logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "sagi",
            dependencies: [
                "SAGI", "SAGIServer", "SAGIServerCommand", "SAGIToolkit", http, nioCore, crypto, x509, asn1,
            ],
            swiftSettings: settings),

        example("Conformance", "SAGIServer"),
        example("Hello"),
        example("Streaming", logging),
        example("RequestBody"),
        example("LifespanState", logging),
        example("Files"),
        example("TLSIntrospection"),
        example("FlowControl", logging),
        example("Compressing", "SAGIToolkit"),
        example("MiniFramework"),
        example("Routing", "SAGIToolkit"),
        example("BackgroundWork", "SAGIToolkit", logging),
        example("OwnMiddleware", "SAGIToolkit"),
        example("Website", "SAGIToolkit"),
        example("Notebook", "SAGIToolkit"),
        example("Books", "SAGIToolkit", grdb),
        example("ContactForm", "SAGIToolkit"),
        example("Downloads", "SAGIToolkit"),
        example("ChatRoom", "SAGIToolkit"),
        example("Dashboard", "SAGIToolkit"),
        example("Counter", "SAGIToolkit"),
        example("Ticker", "SAGIToolkit"),
        example("Embedding", "SAGIServer", lifecycle, logging, signals),

        .executableTarget(
            name: "FanOut", dependencies: ["SAGI", "SAGIServerCommand", "SAGIToolkit"], path: "Benchmarks/FanOut",
            swiftSettings: settings),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["HTTP1", "HTTP2", "HPACK", "HTTPSemantics", "SAGIToolkit", "WebSocketProtocol", nioCore],
            path: "Tests/Fuzz",
            swiftSettings: settings),
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: settings),
        tests("HTTPSemantics", "SeededRandom"),
        tests("HTTP1", "HTTPSemantics", "SeededRandom"),
        tests("HPACK", "HTTPSemantics", "SeededRandom"),
        tests("HTTP2", "HPACK", "HTTPSemantics", "SeededRandom"),
        tests("WebSocketProtocol", "HTTPSemantics"),
        tests("SAGI", logging),
        tests("SAGIServer", "SAGI", "HTTPSemantics", "SAGILiveTesting", nioPosix, logging, lifecycle),
        tests("SAGIServerCommand", "SAGI", "SAGIServer", "SAGITesting"),
        tests(
            "SAGIToolkit", "SAGI", "SAGIServer", "SAGIServerCommand", "SAGITesting", "SAGILiveTesting", "HTTPSemantics",
            "TestSupport", logging),
        tests("Books", "SAGITesting"),
        tests("SAGITesting", "SAGI", "SAGIServer", "SAGILiveTesting", "TestSupport"),
        .target(name: "TestSupport", dependencies: ["SAGIServer"], path: "Tests/Support", swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests", dependencies: ["SAGI", "SAGIServer", http, nioCore], exclude: ["clients"],
            swiftSettings: settings),
    ]
)
