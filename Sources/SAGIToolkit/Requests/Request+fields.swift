public import HTTPSemantics
import HTTPTypes
import SAGI

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Request {
    /// The credentials in `Authorization`; `nil` when there are none, several, or malformed ones.
    public var authorization: Authorization? { self[.authorization].flatMap(Authorization.init) }

    /// What `User-Agent` says the client is (RFC 9110 §10.1.5).
    public var userAgent: String? { self[.userAgent] }

    /// What `Referer` says the request came from (RFC 9110 §10.1.3).
    public var referer: String? { self[.referer] }

    /// When the client made the request (RFC 9110 §6.6.1); `nil` without a valid `Date`.
    public var date: Date? { date(.date) }

    /// The state that the client has, by its time (RFC 9110 §13.1.3); `nil` without a valid `If-Modified-Since`.
    public var ifModifiedSince: Date? { date(.ifModifiedSince) }

    /// The state that the client wants to change, by its time (RFC 9110 §13.1.4); `nil` without a valid
    /// `If-Unmodified-Since`.
    public var ifUnmodifiedSince: Date? { date(.ifUnmodifiedSince) }

    /// The states that the client has, by their tags (RFC 9110 §13.1.2).
    public var ifNoneMatch: EntityTagList? { self[.ifNoneMatch].map(EntityTagList.init) }

    /// The states that the client wants to change, by their tags (RFC 9110 §13.1.1).
    public var ifMatch: EntityTagList? { self[.ifMatch].map(EntityTagList.init) }

    /// The ranges that the client wants (RFC 9110 §14.2), at most 16; `nil` without a valid `Range`, which is then to
    /// be ignored.
    public var range: ByteRanges? { self[.range].flatMap { ByteRanges($0, limit: 16) } }

    private func date(_ name: HTTPField.Name) -> Date? {
        self[name].flatMap { HTTPDate.parse($0) }.map { Date(timeIntervalSince1970: Double($0)) }
    }
}
