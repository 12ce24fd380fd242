// A chat with rooms: whoever opens the page gets a name, sees what was said last and who is there, and talks to the others.
//
//     swift run ChatRoom --bind 127.0.0.1:8000      and open http://127.0.0.1:8000 twice
//
// The page and the server say JSON to each other; see `Chat` for all that can be said.
import HTTPTypes
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct ChatRoom {
    static func application() throws -> some Application {
        try Router { routes in
            routes.get("/") { request in Response.html(Page.markup(nonce: request.scope.cspNonce ?? "")) }
            routes.group("/chat") { chat in
                // Nobody floods a room.
                chat.use(WebSocketRateLimit(5, per: .seconds(1), burst: 20))
                chat.webSocket("/", to: Chat(room: "lobby", maxRooms: 50, history: 100, messageLength: 2000))
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
        await ServerCommand(name: "ChatRoom").main(try application())
    }
}
