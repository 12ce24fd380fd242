import HTTPTypes
import Logging
import SAGI
import Testing

@Suite("A scope")
struct RequestScopeTests {
    @Test("has the facts of its request")
    func facts() {
        let scope = RequestScope.example
        #expect(scope.method == .get)
        #expect(scope.scheme == "https")
        #expect(scope.authority == "example.org:8443")
        #expect((scope.path, scope.rawPath, scope.query) == ("/a b", "/a%20b", "q=1"))
        #expect(scope.rootPath.isEmpty)
        #expect(scope.headerFields == [.userAgent: "test"])
        #expect(scope.version == .http11)
        #expect(scope.client?.host == "192.0.2.1")
        #expect(scope.server?.port == 443)
        #expect(scope.request.path == "/a%20b?q=1")
        #expect(scope.request.headerFields == scope.headerFields)
        let other = RequestScope(request: HTTPRequest(method: .init("BREW")!, scheme: nil, authority: nil, path: "/"))
        #expect((other.method.rawValue, other.scheme, other.query) == ("BREW", "http", nil))
        #expect((other.authority, other.client) == (nil, nil))
    }

    @Test("is changed in the copy that is changed, property by property")
    func values() {
        let original = RequestScope.example
        var copy = original
        copy.method = .post
        copy.scheme = "http"
        copy.authority = "a"
        copy.path = "/p"
        copy.rawPath = "/r"
        copy.query = nil
        copy.rootPath = "/root"
        copy.headerFields[.accept] = "*/*"
        copy.client = nil
        copy.server = .unix("/s")
        copy.state[Number.self] = 1
        copy.values[Number.self] = 2
        copy.extensions[FullFlush.self] = FullFlush()
        let second = copy
        copy.path = "/again"

        #expect((second.method, second.scheme, second.authority) == (.post, "http", "a"))
        #expect((second.path, second.rawPath, second.query, second.rootPath) == ("/p", "/r", nil, "/root"))
        #expect(second.headerFields == [.userAgent: "test", .accept: "*/*"])
        #expect((second[.accept], second[.userAgent]) == ("*/*", "test"))
        #expect((second.client, second.server) == (nil, .unix("/s")))
        #expect((second.state[Number.self], second.values[Number.self]) == (1, 2))
        #expect(second.extensions[FullFlush.self] != nil)
        #expect((copy.path, copy.rawPath) == ("/again", "/r"))

        #expect((original.method, original.scheme, original.authority) == (.get, "https", "example.org:8443"))
        #expect((original.path, original.query, original.rootPath) == ("/a b", "q=1", ""))
        #expect(original.headerFields == [.userAgent: "test"])
        #expect(original.client?.port == 4000)
        #expect(original.state.isEmpty)
        #expect(original.values.isEmpty)
        #expect(original.extensions[FullFlush.self] == nil)
    }

    @Test("has each field by its name, several joined")
    func fields() {
        var fields: HTTPFields = [.accept: "a", .cookie: "x=1"]
        fields.append(HTTPField(name: .accept, value: "b"))
        fields.append(HTTPField(name: .cookie, value: "y=2"))
        let scope = RequestScope(
            request: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/", headerFields: fields))
        #expect(scope[HTTPField.Name("aCCEPT")!] == "a, b")
        #expect(scope[.cookie] == "x=1; y=2")
        #expect(scope[.range] == nil)
        #expect(scope.headerFields[values: .accept] == ["a", "b"])
        #expect(scope.headerFields[values: .cookie] == ["x=1; y=2"])
    }

    @Test("shares its connection with its copies, and has no transport where the connection is none")
    func connection() {
        let original = RequestScope.example
        var copy = original
        copy.path = "/other"
        #expect(original.connection === copy.connection)
        #expect(original.connection.isConnected)
        #expect(original.transport == nil)
    }

    @Test("has early hints from HTTP/1.1 on")
    func earlyHints() {
        var extensions = Extensions()
        extensions[EarlyHints.self] = EarlyHints()
        let request = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
        let old = RequestScope(request: request, version: .http10, extensions: extensions)
        let new = RequestScope(request: request, version: .http11, extensions: extensions)
        #expect(old.extensions[EarlyHints.self] == nil)
        #expect(new.extensions[EarlyHints.self] != nil)
    }

    @Test("has a logger that says which request it is")
    func logger() {
        let logger = RequestScope.example.logger
        #expect(logger[metadataKey: "method"] == "GET")
        #expect(logger[metadataKey: "path"] == "/a%20b")
        #expect(logger[metadataKey: "client"] == "192.0.2.1:4000")
        var local = RequestScope.example
        local.client = nil
        #expect(local.logger[metadataKey: "client"] == nil)
    }
}
