public import HTTPTypes

// A handler may return whatever is ``ResponseConvertible``, or any `Encodable` value, which is sent as JSON.

extension Routes {
    /// Answers GET; HEAD too, where HEAD has no route of its own.
    public mutating func get<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.get, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers POST.
    public mutating func post<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.post, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers PUT.
    public mutating func put<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.put, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers PATCH.
    public mutating func patch<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.patch, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers DELETE.
    public mutating func delete<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.delete, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers HEAD.
    public mutating func head<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.head, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers OPTIONS.
    public mutating func options<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.options, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers every method.
    public mutating func any<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(nil, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }
}

extension Routes {
    /// Answers GET; HEAD too, where HEAD has no route of its own, with a value as JSON.
    @_disfavoredOverload
    public mutating func get<Result: Encodable & Sendable>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.get, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers GET; HEAD too, where HEAD has no route of its own, with a status and a value.
    @_disfavoredOverload
    public mutating func get<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> (HTTPResponse.Status, Result)
    ) {
        on(.get, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers POST, with a value as JSON.
    @_disfavoredOverload
    public mutating func post<Result: Encodable & Sendable>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.post, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers POST, with a status and a value.
    @_disfavoredOverload
    public mutating func post<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> (HTTPResponse.Status, Result)
    ) {
        on(.post, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers PUT, with a value as JSON.
    @_disfavoredOverload
    public mutating func put<Result: Encodable & Sendable>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.put, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers PUT, with a status and a value.
    @_disfavoredOverload
    public mutating func put<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> (HTTPResponse.Status, Result)
    ) {
        on(.put, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers PATCH, with a value as JSON.
    @_disfavoredOverload
    public mutating func patch<Result: Encodable & Sendable>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.patch, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers PATCH, with a status and a value.
    @_disfavoredOverload
    public mutating func patch<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> (HTTPResponse.Status, Result)
    ) {
        on(.patch, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers DELETE, with a value as JSON.
    @_disfavoredOverload
    public mutating func delete<Result: Encodable & Sendable>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        on(.delete, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }

    /// Answers DELETE, with a status and a value.
    @_disfavoredOverload
    public mutating func delete<Result: ResponseConvertible>(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> (HTTPResponse.Status, Result)
    ) {
        on(.delete, path, name: name, where: constraints, to: Handler(handler), file: file, line: line)
    }
}
