#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension RouteConstraint {
    /// A segment that is a UUID (RFC 9562 §4).
    static let uuid = RouteConstraint.type(UUID.self)
}
