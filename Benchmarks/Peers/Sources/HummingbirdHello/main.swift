import Hummingbird
import HummingbirdHTTP2
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL

// HummingbirdHello PORT TLS-PORT CERTIFICATE KEY FILE [http2]
// The routes of the benchmark on Hummingbird, written as its guide writes them.

let arguments = CommandLine.arguments
guard arguments.count >= 6, let port = Int(arguments[1]), let tlsPort = Int(arguments[2]) else {
    fatalError("usage: HummingbirdHello PORT TLS-PORT CERTIFICATE KEY FILE [http2]")
}
let (certificate, key, file) = (arguments[3], arguments[4], arguments[5])

let router = Router()
let files = FileIO()
router.get("/") { _, _ in "Hello, world!\n" }
router.get("/bytes/:count") { _, context in
    let count = try context.parameters.require("count", as: Int.self)
    return ByteBuffer(repeating: UInt8(ascii: "x"), count: count)
}
router.post("/echo") { request, _ in
    Response(status: .ok, body: ResponseBody(asyncSequence: request.body))
}
router.get("/file") { _, context in
    Response(status: .ok, body: try await files.loadFile(path: file, context: context))
}

var logger = Logger(label: "peer")
logger.logLevel = .error
// One event loop, as every server here has.
let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let plain = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
    eventLoopGroupProvider: .shared(loops), logger: logger)
let tls = TLSConfiguration.makeServerConfiguration(
    certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
    privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
let secure = Application(
    router: router,
    server: arguments.count > 6 ? try .http2Upgrade(tlsConfiguration: tls) : try .tls(.http1(), tlsConfiguration: tls),
    configuration: .init(address: .hostname("127.0.0.1", port: tlsPort)),
    eventLoopGroupProvider: .shared(loops), logger: logger)
try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await plain.runService() }
    group.addTask { try await secure.runService() }
    try await group.waitForAll()
}
