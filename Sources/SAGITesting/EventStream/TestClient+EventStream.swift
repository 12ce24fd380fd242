public import HTTPTypes

let lastEventIDName = HTTPField.Name("Last-Event-ID")

extension TestClient {
    /// Asks for an event stream, and runs `body` with it. When `body` returns before the stream has ended, the client
    /// goes away.
    ///
    /// ```swift
    /// try await client.eventStream("/feed", lastEventID: "7") { stream in
    ///     for try await event in stream { #expect(event.id == "8") }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - path: see ``request(_:_:query:headers:body:disconnect:)``.
    ///   - method: any method. Default GET.
    ///   - query: what is added to the path's query, percent-encoded.
    ///   - lastEventID: what the client remembers from before. Default `nil`: nothing.
    ///   - headers: fields beside ``Options/headerFields`` and `Accept: text/event-stream`.
    ///   - content: the content of the request. Default none.
    ///   - body: what the test does with the stream.
    /// - Throws: ``EventStreamDeclined`` when the answer is no event stream; what the application throws (see
    ///   ``Options/raisesApplicationErrors``), or ``TestClientError``.
    @discardableResult
    public func eventStream<Result>(
        _ path: String, method: HTTPRequest.Method = .get, query: KeyValuePairs<String, String> = [:],
        lastEventID: String? = nil, headers: HTTPFields = [:], body content: RequestBody = .none,
        _ body: (TestEventStream) async throws -> Result
    ) async throws -> Result {
        let stream = try await eventStream(
            path, method: method, query: query, lastEventID: lastEventID, headers: headers, body: content)
        defer { stream.exchange.close() }
        let result = try await body(stream)
        try await stream.exchange.conclude()
        return result
    }

    /// Asks for an event stream that the test reads to its end, or ends with ``TestEventStream/disconnect()``.
    ///
    /// The parameters are those of ``eventStream(_:method:query:lastEventID:headers:body:_:)``.
    public func eventStream(
        _ path: String, method: HTTPRequest.Method = .get, query: KeyValuePairs<String, String> = [:],
        lastEventID: String? = nil, headers: HTTPFields = [:], body content: RequestBody = .none
    ) async throws -> TestEventStream {
        var fields = headers
        if fields[.accept] == nil { fields[.accept] = "text/event-stream" }
        if let lastEventIDName, let lastEventID { fields[lastEventIDName] = lastEventID }
        let prepared = try prepare(method, path, query, fields, content)
        return TestEventStream(self, prepared, try await openEventStream(prepared))
    }

    /// Asks for an event stream, following redirects.
    func openEventStream(_ prepared: PreparedRequest) async throws -> (head: HTTPResponse, exchange: TestExchange) {
        var prepared = prepared
        var redirects = 0
        while true {
            let exchange = try await begin(prepared, disconnect: nil)
            do {
                let head = try await exchange.head()
                if head.isEventStream { return (head, exchange) }
                let response = try await exchange.finish()
                guard let next = try redirect(prepared, head.status, head.headerFields, redirects) else {
                    throw EventStreamDeclined(response: response)
                }
                redirects += 1
                prepared = next
            } catch {
                exchange.close()
                throw error
            }
        }
    }
}

extension HTTPResponse {
    /// Whether a client takes this for an event stream (HTML standard §9.2.3).
    fileprivate var isEventStream: Bool {
        let type = headerFields[.contentType]?.prefix { $0 != ";" }.lowercased()
        return status == .ok && type?.trimmingBlanks == "text/event-stream"
    }
}

extension String {
    fileprivate var trimmingBlanks: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? ""
    }
}
