/// An option of a middleware that makes no sense: found when the middleware is made, and not when a request comes.
public struct InvalidOption: Error, Hashable, CustomStringConvertible {
    /// What is wrong, as a sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}
