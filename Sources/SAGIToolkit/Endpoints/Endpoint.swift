import HTTPTypes

/// A type whose functions answer the methods of one path.
///
/// ```swift
/// struct NoteEndpoint: GetEndpoint, PutEndpoint, DeleteEndpoint {
///     let notes: Notes
///
///     func get(_ request: Request) async throws -> JSON<Note> { JSON(try await notes.find(id(request))) }
///     func put(_ request: Request) async throws -> JSON<Note> { … }
///     func delete(_ request: Request) async throws -> HTTPResponse.Status { … }
/// }
///
/// routes.endpoint("/notes/{id:Int}", NoteEndpoint(notes: notes))
/// ```
///
/// A type says which methods it has by the protocols that it conforms to; the router answers the others with 405, and
/// HEAD and OPTIONS where the type does not. ``EventStreamEndpoint`` and ``WebSocketEndpoint`` go with them. One value
/// serves all requests: what belongs to one request is local to its function.
public protocol Endpoint: Sendable {}

/// An endpoint that answers GET.
public protocol GetEndpoint: Endpoint {
    associatedtype GetResult: ResponseConvertible

    nonisolated(nonsending) func get(_ request: Request) async throws -> GetResult
}

/// An endpoint that answers POST.
public protocol PostEndpoint: Endpoint {
    associatedtype PostResult: ResponseConvertible

    nonisolated(nonsending) func post(_ request: Request) async throws -> PostResult
}

/// An endpoint that answers PUT.
public protocol PutEndpoint: Endpoint {
    associatedtype PutResult: ResponseConvertible

    nonisolated(nonsending) func put(_ request: Request) async throws -> PutResult
}

/// An endpoint that answers PATCH.
public protocol PatchEndpoint: Endpoint {
    associatedtype PatchResult: ResponseConvertible

    nonisolated(nonsending) func patch(_ request: Request) async throws -> PatchResult
}

/// An endpoint that answers DELETE.
public protocol DeleteEndpoint: Endpoint {
    associatedtype DeleteResult: ResponseConvertible

    nonisolated(nonsending) func delete(_ request: Request) async throws -> DeleteResult
}

/// An endpoint that answers HEAD.
public protocol HeadEndpoint: Endpoint {
    associatedtype HeadResult: ResponseConvertible

    nonisolated(nonsending) func head(_ request: Request) async throws -> HeadResult
}

/// An endpoint that answers OPTIONS.
public protocol OptionsEndpoint: Endpoint {
    associatedtype OptionsResult: ResponseConvertible

    nonisolated(nonsending) func options(_ request: Request) async throws -> OptionsResult
}

extension Routes {
    /// Sends the methods that an endpoint has to it, and event streams and WebSockets if it serves them.
    ///
    /// - Parameters:
    ///   - path: the path; ``Router`` says what it can hold.
    ///   - endpoint: what answers.
    ///   - name: a name for ``Request/url(for:_:query:)``.
    ///   - constraints: what the parameters of the path must be.
    ///   - file: where the route stands, for the list of routes. Default the line of the call.
    ///   - line: the same.
    public mutating func endpoint(
        _ path: String, _ endpoint: some Endpoint, name: String? = nil,
        where constraints: [String: RouteConstraint] = [:], file: StaticString = #fileID, line: UInt = #line
    ) {
        var name = name
        for (method, handler) in endpoint.handlers {
            on(method, path, name: name.take(), where: constraints, to: handler, file: file, line: line)
        }
        if let endpoint = endpoint as? any EventStreamEndpoint {
            let handler = endpoint.eventStreamHandler
            eventStream(path, name: name.take(), where: constraints, to: handler, file: file, line: line)
        }
        if let endpoint = endpoint as? any WebSocketEndpoint {
            let handler = endpoint.webSocketHandler
            webSocket(path, name: name.take(), where: constraints, to: handler, file: file, line: line)
        }
    }
}

extension Endpoint {
    fileprivate var handlers: [(HTTPRequest.Method, Handler)] {
        var handlers: [(HTTPRequest.Method, Handler)] = []
        if let self = self as? any GetEndpoint { handlers.append((.get, self.getHandler)) }
        if let self = self as? any PostEndpoint { handlers.append((.post, self.postHandler)) }
        if let self = self as? any PutEndpoint { handlers.append((.put, self.putHandler)) }
        if let self = self as? any PatchEndpoint { handlers.append((.patch, self.patchHandler)) }
        if let self = self as? any DeleteEndpoint { handlers.append((.delete, self.deleteHandler)) }
        if let self = self as? any HeadEndpoint { handlers.append((.head, self.headHandler)) }
        if let self = self as? any OptionsEndpoint { handlers.append((.options, self.optionsHandler)) }
        return handlers
    }
}

extension GetEndpoint {
    fileprivate var getHandler: Handler { Handler { try await self.get($0) } }
}

extension PostEndpoint {
    fileprivate var postHandler: Handler { Handler { try await self.post($0) } }
}

extension PutEndpoint {
    fileprivate var putHandler: Handler { Handler { try await self.put($0) } }
}

extension PatchEndpoint {
    fileprivate var patchHandler: Handler { Handler { try await self.patch($0) } }
}

extension DeleteEndpoint {
    fileprivate var deleteHandler: Handler { Handler { try await self.delete($0) } }
}

extension HeadEndpoint {
    fileprivate var headHandler: Handler { Handler { try await self.head($0) } }
}

extension OptionsEndpoint {
    fileprivate var optionsHandler: Handler { Handler { try await self.options($0) } }
}
