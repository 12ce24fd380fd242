/// What is wrong with a router: found when it is made, or when a URL is asked for.
public struct RouterError: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
