// One sender and many receivers, with the toolkit's channels: what `Benchmarks/run --only fan-out` measures.
//
//     /broadcast   a WebSocket, each of whose messages goes to all the others
//     /source      a WebSocket, each of whose messages becomes an event of /events
//     /events      an event stream
import SAGI
import SAGIServerCommand
import SAGIToolkit

let channels = MemoryPubSub()
let router = try Router { routes in
    routes.mount("/broadcast", Broadcast(channels))
    routes.mount("/events", EventChannel(channels, channel: "events"))
    routes.webSocket("/source") { socket in
        for try await message in socket { try await channels.publish(message.bytes, to: "events") }
    }
}

await ServerCommand(name: "FanOut").main(router)
