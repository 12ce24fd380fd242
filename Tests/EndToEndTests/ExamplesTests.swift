import Testing

@Suite("Examples")
struct ExamplesTests {
    @Test("Hello") func hello() async throws { try await check(program: "Hello") }
    @Test("Streaming") func streaming() async throws { try await check(program: "Streaming") }
    @Test("RequestBody") func requestBody() async throws { try await check(program: "RequestBody") }
    @Test("LifespanState") func lifespanState() async throws { try await check(program: "LifespanState", exits: 0) }
    @Test("Files") func files() async throws { try await check(program: "Files", tls: true) }
    @Test("TLSIntrospection") func tlsIntrospection() async throws {
        try await check(
            "--tls-client-certs", "optional", "--tls-client-ca", "$CERTS/ca.pem", program: "TLSIntrospection", tls: true
        )
    }
    @Test("FlowControl") func flowControl() async throws { try await check(program: "FlowControl") }
    @Test("Compressing") func compressing() async throws { try await check(program: "Compressing") }
    @Test("MiniFramework") func miniFramework() async throws { try await check(program: "MiniFramework") }
    @Test("Routing") func routing() async throws { try await check(program: "Routing") }
    @Test("An application shows its routes") func routes() async throws {
        try await expectEnd(
            ["--routes"], program: "Routing", status: 0,
            [
                "METHOD  PATH ", "POST    /numbers ",
                "GET     /hello/:name           hello  -           Routing/main.swift:",
            ])
        try await expectEnd(["--routes"], program: "Hello", status: 2, ["does not say which routes it has"])
    }
    @Test("BackgroundWork") func backgroundWork() async throws { try await check(program: "BackgroundWork", exits: 0) }
    @Test("OwnMiddleware") func ownMiddleware() async throws { try await check(program: "OwnMiddleware") }
    @Test("Embedding") func embedding() async throws {
        try await check(program: "Embedding", binds: ["unix:$FOLDER/socket"], socket: "$FOLDER/socket", exits: 0)
    }
}
