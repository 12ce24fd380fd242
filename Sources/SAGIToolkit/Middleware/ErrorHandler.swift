public import HTTPTypes
import Logging
public import SAGI

/// Answers the errors that nobody inside has answered: as JSON (RFC 9457), as a page or as text, as `Accept` says, and
/// in the form of the exchange's kind.
///
/// ```swift
/// app.wrapped(by:
///     ErrorHandler(onError: { error, scope in await alarms.ring(error) })
///         .on(Database.Unreachable.self) { _, scope in .problem(.serviceUnavailable, for: scope) }
///         .page(for: .notFound) { problem, _ in .html(notFoundPage, status: problem.status) })
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `development` | `false` | whether the answer to an error shows the error itself, where it was thrown if that is known (``SourceLocated``), and the request. Never where others than developers come |
/// | `logs` | `true` | whether errors answered with a status from 500 on are logged |
/// | `onError` | nothing | called with each error that is logged, after the answer. What it throws is logged, and goes no further |
/// | ``on(_:_:)`` | | what a type of errors is answered with |
/// | ``page(for:_:)`` | | what a status is answered with, for everything inside that refuses a request |
///
/// An error that knows its status (``HTTPStatusError``) is answered with it, and any other one with 500, of which the
/// client learns nothing more. An error after the response has begun is logged and thrown on, so that the server cuts the
/// response off. `CancellationError`, and whatever is thrown when the client has gone, is no error, and is thrown on.
///
/// Put it inside middleware that adds fields to every response (``CORS``, ``SecurityHeaders``, ``RequestID``), and outside
/// everything that may throw.
public struct ErrorHandler: Middleware {
    private typealias Responder = nonisolated(nonsending) @Sendable (any Error, RequestScope) async throws -> Response?

    private let development: Bool
    private let logs: Bool
    private let onError: (nonisolated(nonsending) @Sendable (any Error, RequestScope) async throws -> Void)?
    private var responders: [Responder] = []
    private var handles: [@Sendable (any Error) -> Bool] = []
    private var pages: [Int: @Sendable (HTTPError, RequestScope) -> Response] = [:]
    private var handling: ErrorHandling?

    public init(
        development: Bool = false, logs: Bool = true,
        onError: (nonisolated(nonsending) @Sendable (any Error, RequestScope) async throws -> Void)? = nil
    ) {
        self.development = development
        self.logs = logs
        self.onError = onError
        updateHandling()
    }

    /// This handler, which answers errors of a type with what `respond` returns. Of several that fit an error the first
    /// one does. What `respond` throws is answered in the place of the error.
    public func on<Failure: Error>(
        _ type: Failure.Type,
        _ respond: nonisolated(nonsending) @escaping @Sendable (Failure, RequestScope) async throws -> Response
    ) -> ErrorHandler {
        var copy = self
        copy.handles.append { $0 is Failure }
        copy.responders.append { error, scope in
            guard let failure = error as? Failure else { return nil }
            return try await respond(failure, scope)
        }
        copy.updateHandling()
        return copy
    }

    /// This handler, which answers a status of 400 or more with what `make` returns: for errors, and for everything
    /// inside that refuses a request with ``Response/problem(_:_:headerFields:for:)``, such as a router or a rate limit.
    ///
    /// The response keeps the problem's status, and has its fields where it has none of that name.
    public func page(
        for status: HTTPResponse.Status, _ make: @escaping @Sendable (HTTPError, RequestScope) -> Response
    ) -> ErrorHandler {
        var copy = self
        copy.pages[status.code] = make
        copy.updateHandling()
        return copy
    }

    private mutating func updateHandling() {
        guard development || !handles.isEmpty || !pages.isEmpty else { return }
        handling = ErrorHandling(pages: pages) { [handles, development] error in
            handles.contains { $0(error) }
                || development && (error as? any HTTPStatusError).map { $0.status.code >= 500 } ?? true
        }
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard exchange.request != nil else { return try await next.handle(exchange) }
        var exchange = exchange
        if let handling { exchange.request?.values[ErrorHandlingKey.self] = handling }
        let watch = ResponseWatch()
        do {
            try await next.handle(exchange.sending(through: watch))
        } catch {
            // A handler that leaves the request to the next route has not failed, nor has one that wants it as plain HTTP.
            guard let scope = exchange.request, !(error is CancellationError), !(error is Pass),
                !(error is Unsupported) || exchange.routeKind == .http,
                scope.connection.isConnected
            else { throw error }
            guard !watch.hasStarted, !scope.connection.responseStarted else {
                await report(error, scope)
                throw error
            }
            let (response, cause) = await answer(error, scope)
            let result: Result<Void, any Error>
            do { result = .success(try await response.handle(exchange)) } catch { result = .failure(error) }
            if response.status.code >= 500 { await report(cause, scope) }
            try result.get()
        }
    }

    /// - Returns: the response, and the error that it is for.
    private nonisolated(nonsending) func answer(
        _ error: any Error, _ scope: RequestScope
    ) async -> (Response, any Error) {
        var error = error
        do {
            for respond in responders {
                if let response = try await respond(error, scope) { return (response, error) }
            }
        } catch let failure {
            error = failure
        }
        let status = (error as? any HTTPStatusError)?.status ?? .internalServerError
        guard development, status.code >= 500 else { return (.problem(error, for: scope), error) }
        return (ErrorPage(error: error, status: status, scope: scope).response, error)
    }

    private nonisolated(nonsending) func report(_ error: any Error, _ scope: RequestScope) async {
        if logs {
            let place = (error as? any SourceLocated).map { " at \($0.fileID):\($0.line)" } ?? ""
            scope.logger.error("the application has failed\(place)", metadata: ["error": "\(error)"])
        }
        do {
            try await onError?(error, scope)
        } catch let failure {
            scope.logger.error("onError has failed", metadata: ["error": "\(failure)"])
        }
    }
}

/// An error that knows where it was made. ``HTTPError`` does.
public protocol SourceLocated: Error {
    /// The module and file, as `#fileID` names them.
    var fileID: String { get }
    /// The line, from 1.
    var line: Int { get }
}
