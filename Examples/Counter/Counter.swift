// One number that everybody who has the page open can change, and that everybody sees change, over WebSockets.
//
//     swift run Counter --bind 127.0.0.1:8000      and open http://127.0.0.1:8000 twice
//
// A page sends {"add": 1}, and gets {"count": 7, "present": 2}.
import HTTPTypes
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct Counter {
    static func application() throws -> some Application {
        let count = Count()
        return try Router { routes in
            routes.get("/") { request in Response.html(Page.markup(nonce: request.scope.cspNonce ?? "")) }
            routes.webSocket("/count") { socket in
                let news = count.subscribe()
                // The number as it is, to the new one too.
                count.add(0)
                // Both ways at once: what changes goes out, and what comes in changes it.
                try await socket.send(from: news) {
                    .text($0.text)
                } receiving: { message in
                    guard let change = message.change else {
                        throw WebSocketClosure(code: 1007, reason: "A change is {\"add\": NUMBER}.")
                    }
                    count.add(change.add)
                }
            }
        }
        .wrapped {
            SecurityHeaders(
                contentSecurityPolicy:
                    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'")
            ErrorHandler()
        }
    }

    static func main() async {
        await ServerCommand(name: "Counter").main(try application())
    }
}
