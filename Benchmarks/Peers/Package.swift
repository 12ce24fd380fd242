// swift-tools-version:6.2
import PackageDescription

// The Swift servers that ours is measured against, in a package of their own,
// so that their dependencies never reach the product's.
let package = Package(
    name: "Peers",
    platforms: [.macOS("26.0")],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        .executableTarget(
            name: "HummingbirdHello",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
            ]),
        .executableTarget(name: "FlyingFoxHello", dependencies: [.product(name: "FlyingFox", package: "FlyingFox")]),
    ]
)
