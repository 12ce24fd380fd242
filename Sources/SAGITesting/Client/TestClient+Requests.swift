public import HTTPTypes
import SAGI

extension TestClient {
    /// Sends GET, and reads the response to its end.
    public func get(
        _ path: String, query: KeyValuePairs<String, String> = [:], headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        try await request(.get, path, query: query, headers: headers)
    }

    /// Sends HEAD, and reads the response to its end.
    public func head(
        _ path: String, query: KeyValuePairs<String, String> = [:], headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        try await request(.head, path, query: query, headers: headers)
    }

    /// Sends OPTIONS, and reads the response to its end. The path may be "*".
    public func options(
        _ path: String, query: KeyValuePairs<String, String> = [:], headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        try await request(.options, path, query: query, headers: headers)
    }

    /// Sends POST, and reads the response to its end.
    public func post(
        _ path: String, query: KeyValuePairs<String, String> = [:], headers: HTTPFields = [:],
        body: RequestBody = .none
    ) async throws -> TestResponse {
        try await request(.post, path, query: query, headers: headers, body: body)
    }

    /// Sends PUT, and reads the response to its end.
    public func put(
        _ path: String, query: KeyValuePairs<String, String> = [:], headers: HTTPFields = [:],
        body: RequestBody = .none
    ) async throws -> TestResponse {
        try await request(.put, path, query: query, headers: headers, body: body)
    }

    /// Sends PATCH, and reads the response to its end.
    public func patch(
        _ path: String, query: KeyValuePairs<String, String> = [:], headers: HTTPFields = [:],
        body: RequestBody = .none
    ) async throws -> TestResponse {
        try await request(.patch, path, query: query, headers: headers, body: body)
    }

    /// Sends DELETE, and reads the response to its end.
    public func delete(
        _ path: String, query: KeyValuePairs<String, String> = [:], headers: HTTPFields = [:],
        body: RequestBody = .none
    ) async throws -> TestResponse {
        try await request(.delete, path, query: query, headers: headers, body: body)
    }

    /// Sends a request, reads the response to its end, and waits until the application has returned.
    ///
    /// - Parameters:
    ///   - method: any method.
    ///   - path: a path, with a query or without; or a URL with its host, which goes to the same application. It is
    ///     sent as it is, but that blanks and characters beyond ASCII are percent-encoded.
    ///   - query: what is added to the path's query, percent-encoded.
    ///   - headers: fields beside ``Options/headerFields``, or in the place of those with the same name.
    ///   - body: the content.
    ///   - disconnect: where the client goes away. The response then holds what came before.
    /// - Throws: what the application throws (see ``Options/raisesApplicationErrors``), or ``TestClientError``.
    public func request(
        _ method: HTTPRequest.Method, _ path: String, query: KeyValuePairs<String, String> = [:],
        headers: HTTPFields = [:], body: RequestBody = .none, disconnect: DisconnectPoint? = nil
    ) async throws -> TestResponse {
        let prepared = try prepare(method, path, query, headers, body)
        return try await within(options.timeout, "The response to \(method) \(path)") {
            var history: [TestResponse] = []
            var prepared = prepared
            while true {
                let exchange = try await begin(prepared, disconnect: disconnect)
                defer { exchange.close() }
                var response = try await exchange.wholeResponse()
                guard let next = try redirect(prepared, response.status, response.headerFields, history.count) else {
                    response.history = history
                    return response
                }
                history.append(response)
                prepared = next
            }
        }
    }

    /// Sends a request, and runs `body` as soon as the head of the response is there. What `body` does not read when
    /// it returns is not wanted: the client goes away.
    ///
    /// ```swift
    /// try await client.stream(.get, "/numbers") { response in
    ///     for try await chunk in response.body { … }
    /// }
    /// ```
    ///
    /// The parameters are those of ``request(_:_:query:headers:body:disconnect:)``.
    @discardableResult
    public func stream<Result>(
        _ method: HTTPRequest.Method, _ path: String, query: KeyValuePairs<String, String> = [:],
        headers: HTTPFields = [:], body content: RequestBody = .none, disconnect: DisconnectPoint? = nil,
        _ body: (StreamingResponse) async throws -> Result
    ) async throws -> Result {
        var prepared = try prepare(method, path, query, headers, content)
        var redirects = 0
        while true {
            let exchange = try await begin(prepared, disconnect: disconnect)
            defer { exchange.close() }
            let head = try await exchange.head()
            if let next = try redirect(prepared, head.status, head.headerFields, redirects) {
                redirects += 1
                prepared = next
                _ = try await exchange.finish()
                continue
            }
            let result = try await body(StreamingResponse(head: head, exchange: exchange))
            try await exchange.conclude()
            return result
        }
    }

    /// Sends the head of a request, and runs `body` at once: for tests that send, read and disconnect step by step.
    /// Redirects are not followed. What is not finished when `body` returns is broken off.
    ///
    /// ```swift
    /// try await client.open(.post, "/upload") { exchange in
    ///     try await exchange.send("the first half")
    ///     exchange.disconnect()
    /// }
    /// ```
    ///
    /// The parameters are those of ``request(_:_:query:headers:body:disconnect:)``. When no content is given, that of
    /// POST, PUT and PATCH is sent by hand, and other methods have none.
    @discardableResult
    public func open<Result>(
        _ method: HTTPRequest.Method, _ path: String, query: KeyValuePairs<String, String> = [:],
        headers: HTTPFields = [:], body content: RequestBody? = nil,
        _ body: (TestExchange) async throws -> Result
    ) async throws -> Result {
        let content = content ?? ([.post, .put, .patch].contains(method) ? .manual : .none)
        let exchange = try await begin(try prepare(method, path, query, headers, content), disconnect: nil)
        defer { exchange.close() }
        let result = try await body(exchange)
        try await exchange.conclude()
        return result
    }
}
