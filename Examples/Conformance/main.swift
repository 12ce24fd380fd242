// One application with the routes that test suites and benchmarks ask for, and every flag of the server.
//
//     swift run Conformance --bind 127.0.0.1:8000
//     curl -i http://127.0.0.1:8000/headers
import SAGIServerCommand

await ServerCommand(name: "Conformance").main(Conformance())
