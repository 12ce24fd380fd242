/// A type that has the routes of one subject, and what they need.
///
/// ```swift
/// struct NotesController: Controller {
///     let notes: Notes
///
///     func define(_ routes: inout Routes) {
///         routes.get("/") { _ in try await notes.all() }
///         routes.get("/{id:Int}", name: "note") { try await find($0) }
///     }
///
///     func find(_ request: Request) async throws -> Note? { … }
/// }
///
/// routes.group("/notes", NotesController(notes: notes), name: "notes")
/// ```
///
/// Everything of ``Routes`` can be used: groups, middleware, constraints, mounts, other controllers.
public protocol Controller: Sendable {
    func define(_ routes: inout Routes) throws
}

extension Routes {
    /// The routes of a controller, as a group; see ``group(_:host:name:_:)``.
    public mutating func group(
        _ path: String = "", host: String? = nil, name: String? = nil, _ controller: some Controller
    ) throws {
        try group(path, host: host, name: name) { try controller.define(&$0) }
    }
}
