import FlyingFox
import FlyingSocks
import Foundation

// FlyingFoxHello PORT FILE
// The routes of the benchmark on FlyingFox. It has no TLS.

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = UInt16(arguments[1]) else {
    fatalError("usage: FlyingFoxHello PORT FILE")
}
let server = HTTPServer(
    address: try sockaddr_in.inet(ip4: "127.0.0.1", port: port), timeout: 3600, logger: .disabled)
let plain: HTTPHeaders = [.contentType: "text/plain"]
await server.appendRoute("GET /") { _ in
    HTTPResponse(statusCode: .ok, headers: plain, body: Data("Hello, world!\n".utf8))
}
await server.appendRoute("GET /bytes/:count") { request in
    guard let count = request.routeParameters["count"].flatMap({ Int($0) }) else {
        return HTTPResponse(statusCode: .badRequest)
    }
    return HTTPResponse(statusCode: .ok, headers: plain, body: Data(repeating: UInt8(ascii: "x"), count: count))
}
await server.appendRoute("POST /echo") { request in
    HTTPResponse(statusCode: .ok, headers: plain, body: request.bodySequence)
}
await server.appendRoute(
    "GET /file", to: FileHTTPHandler(path: URL(fileURLWithPath: arguments[2]), contentType: "application/octet-stream"))
try await server.run()
