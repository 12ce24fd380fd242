import HTTPTypes
import SAGI

/// What an ``ErrorHandler`` has to say about errors inside of it.
final class ErrorHandling: Sendable {
    private let pages: [Int: @Sendable (HTTPError, RequestScope) -> Response]
    private let handles: @Sendable (any Error) -> Bool

    init(
        pages: [Int: @Sendable (HTTPError, RequestScope) -> Response], handles: @escaping @Sendable (any Error) -> Bool
    ) {
        self.pages = pages
        self.handles = handles
    }

    /// Whether it wants to answer the error itself, though the error knows its status.
    func wants(_ error: any Error) -> Bool { handles(error) }

    /// The page for a problem; `nil` when there is none.
    func page(for problem: HTTPError, _ scope: RequestScope) -> Response? {
        guard let make = pages[problem.status.code] else { return nil }
        // It may make its page of the usual answer.
        var plain = scope
        plain.values[ErrorHandlingKey.self] = nil
        var response = make(problem, plain)
        response.status = problem.status
        for field in problem.headerFields where !response.headerFields.contains(field.name) {
            for field in problem.headerFields[fields: field.name] { response.headerFields.append(field) }
        }
        return response
    }
}

enum ErrorHandlingKey: ValueKey { typealias Value = ErrorHandling }
