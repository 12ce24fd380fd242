// Routes, parameters, JSON and errors, with the toolkit.
//
//     swift run Routing --bind 127.0.0.1:8000
//     curl -i http://127.0.0.1:8000/hello/Ada
//     curl -i http://127.0.0.1:8000/numbers/12
//     curl -i http://127.0.0.1:8000/numbers -d '{"numbers": [1, 2, 3]}' -H 'Content-Type: application/json'
//     curl -i http://127.0.0.1:8000/nothing
//     curl -i -X DELETE http://127.0.0.1:8000/numbers
import HTTPTypes
import NIOCore
import SAGI
import SAGIServerCommand
import SAGIToolkit

struct Numbers: Decodable {
    var numbers: [Int]
}

struct Summary: Encodable {
    var count: Int
    var sum: Int
}

let router = try Router { routes in
    routes.get("/") { _ in "Hello, world!\n" }
    routes.get("/hello/:name", name: "hello") { request in
        "Hello, \(try request.parameter("name"))!\n"
    }
    routes.group("/numbers") { numbers in
        numbers.post("/") { request in
            let numbers = try await request.json(Numbers.self).numbers
            return Summary(count: numbers.count, sum: numbers.reduce(0, &+))
        }
        numbers.get("/{number:Int}") { request -> String in
            let number = try request.parameter("number", as: Int.self)
            guard number != 13 else { throw HTTPError(.forbidden, "This number is not shown.") }
            return "\(number) is \(number.isMultiple(of: 2) ? "even" : "odd").\n"
        }
    }
    routes.get("/bytes/{count:Int}") { request in
        let count = try request.parameter("count", as: Int.self)
        guard (0...1_000_000).contains(count) else { throw HTTPError(.badRequest, "Between 0 and a million.") }
        return ByteBuffer(repeating: UInt8(ascii: "x"), count: count)
    }
    routes.post("/echo") { request in try await request.body.collect(upTo: 1 << 20) }
    routes.get("/link") { request in try request.url(for: "hello", ["name": "Grace Hopper"]) }
}

await ServerCommand(name: "Routing").main(router)
