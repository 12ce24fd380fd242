/// How a field that is in no table is sent, and whether it will be in one (RFC 7541 §6.2, §7.1).
package enum FieldIndexing: Sendable, Equatable {
    /// It is put into the dynamic table, because it comes again.
    case incremental
    /// It is put there when it was sent before, not long ago. A value that is another one each time would only push
    /// out what is needed.
    case whenRepeated
    /// It is not put there.
    case without
    /// It is in no table, here nor anywhere on its way: who can add fields of his own to the same connection could
    /// guess it, and see from the size whether he is right (RFC 7541 §7.1.3).
    case never

    /// Credentials are never indexed, and neither are cookies so short that they can be guessed; what is the same in
    /// most responses of a server is indexed at once; all other fields once they come again. `date` is indexed: it
    /// changes once a second, and between that it is the same for thousands of responses. `content-length`, `etag`,
    /// `last-modified`, `age`, `location` and names that are not in the static table, such as those of request
    /// identifiers, may be the same or may be new each time.
    ///
    /// - Parameters:
    ///   - staticIndex: the first entry with the name in HPACK's static table, or zero.
    ///   - valueCount: the bytes of the value.
    @inline(__always)
    package static func `default`(staticIndex: UInt8, valueCount: Int) -> FieldIndexing {
        switch staticIndex {
        case HPACKIndex.authorization, HPACKIndex.proxyAuthorization, HPACKIndex.setCookie: .never
        case HPACKIndex.cookie: valueCount < 20 ? .never : .incremental
        case HPACKIndex.authority, HPACKIndex.method, HPACKIndex.scheme, HPACKIndex.status, HPACKIndex.cacheControl,
            HPACKIndex.contentEncoding, HPACKIndex.contentType, HPACKIndex.date, HPACKIndex.server,
            HPACKIndex.strictTransportSecurity, HPACKIndex.userAgent, HPACKIndex.vary:
            .incremental
        default: .whenRepeated
        }
    }
}
