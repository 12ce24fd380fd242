import Testing

@testable import HTTPSemantics

@Suite("Trailer fields")
struct TrailerFieldsTests {
    @Test(
        "What frames, routes, authenticates, modifies or tells how to read has no place after the content",
        arguments: [
            "content-length", "transfer-encoding", "trailer", "te", "connection", "keep-alive", "proxy-connection",
            "upgrade", "host", "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate",
            "cookie", "set-cookie", "cache-control", "expect", "max-forwards", "pragma", "range", "if-match",
            "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "age", "date", "expires",
            "location", "retry-after", "vary", "warning", "content-encoding", "content-range", "content-type",
        ])
    func forbidden(name: String) { #expect(TrailerFields.forbids(name)) }

    @Test(
        "What is defined for trailers, and what is not known, may stand there",
        arguments: [
            "etag", "authentication-info", "accept-ranges", "repr-digest", "content-digest", "server-timing",
            "grpc-status", "x-checksum",
        ])
    func allowed(name: String) { #expect(!TrailerFields.forbids(name)) }
}
