/// A key of a ``Session``: an empty type that says what is kept under it.
///
/// ```swift
/// enum Cart: SessionKey { typealias Value = [Item] }
/// try request.session[Cart.self] = [item]
/// ```
public protocol SessionKey: Sendable {
    associatedtype Value: Codable & Sendable

    /// The name under which it is kept. The default is the name of the type: two types with the same name are one key,
    /// and one that gets another name loses what was kept.
    static var name: String { get }
}

extension SessionKey {
    public static var name: String { "\(Self.self)" }
}
