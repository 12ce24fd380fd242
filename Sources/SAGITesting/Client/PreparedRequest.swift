import HTTPTypes
import NIOCore
import SAGI

/// A request before it is sent, and sent again.
struct PreparedRequest: Sendable {
    var method: HTTPRequest.Method
    var target: Target
    var headerFields: HTTPFields
    var body: RequestBody
}

extension TestClient {
    func prepare(
        _ method: HTTPRequest.Method, _ path: String, _ query: KeyValuePairs<String, String>, _ headers: HTTPFields,
        _ body: RequestBody
    ) throws -> PreparedRequest {
        let base = Target(scheme: transport.scheme, authority: transport.authority)
        var target = try Target(path, from: base, normalizes: false)
        target.append(query)
        var fields = options.headerFields.filter { !headers.contains($0.name) }
        fields.append(contentsOf: headers)
        if let type = body.contentType, fields[.contentType] == nil { fields[.contentType] = type }
        return PreparedRequest(method: method, target: target, headerFields: fields, body: body)
    }

    /// Sends the head of a request, and begins to send its content.
    func begin(
        _ prepared: PreparedRequest, disconnect: DisconnectPoint?, webSocket: SocketOffer? = nil
    ) async throws -> TestExchange {
        let request = head(of: prepared)
        let outgoing = OutgoingRequest(
            request: request, hasBody: !prepared.body.isEmpty, disconnect: disconnect, timeout: options.timeout,
            webSocket: webSocket)
        let channel = try await transport.open(outgoing)
        let exchange = TestExchange(channel, request, options) { head in
            guard options.usesCookies else { return }
            cookies.store(head.headerFields, from: prepared.target)
        }
        exchange.write(prepared.body)
        return exchange
    }

    private func head(of prepared: PreparedRequest) -> HTTPRequest {
        var fields = prepared.headerFields
        let body = prepared.body
        let isHTTP1 = transport.version == .http10 || transport.version == .http11
        if options.usesCookies, let kept = cookies.value(for: prepared.target) {
            fields[.cookie] = (fields[values: .cookie] + [kept]).joined(separator: "; ")
        }
        if fields[.contentLength] == nil, fields[.transferEncoding] == nil {
            let expectsContent = [.post, .put, .patch].contains(prepared.method)
            if let length = body.length, body.trailers.isEmpty {
                // RFC 9110 §8.6: a length of 0 is told where content would be expected.
                if length > 0 || expectsContent { fields[.contentLength] = String(length) }
            } else if transport.version == .http11 {
                fields[.transferEncoding] = "chunked"
            }
        }
        guard isHTTP1 else {
            // RFC 9113 §8.2.2: these belong to HTTP/1.1.
            let fields = fields.filter { ![.connection, .transferEncoding].contains($0.name) }
            return HTTPRequest(
                method: prepared.method, scheme: prepared.target.scheme, authority: prepared.target.authority,
                path: prepared.target.path, headerFields: fields)
        }
        if let host = HTTPField.Name("Host"), fields[host] == nil {
            fields.insert(HTTPField(name: host, value: prepared.target.authority), at: 0)
        }
        return HTTPRequest(
            method: prepared.method, scheme: prepared.target.scheme, authority: nil, path: prepared.target.path,
            headerFields: fields)
    }

    /// The request that a redirect asks for; `nil` when the response is none, or is not followed.
    func redirect(
        _ prepared: PreparedRequest, _ status: HTTPResponse.Status, _ fields: HTTPFields, _ count: Int
    ) throws -> PreparedRequest? {
        guard options.followsRedirects, [301, 302, 303, 307, 308].contains(status.code),
            let location = fields[.location]
        else { return nil }
        guard count < options.maximumRedirects else {
            throw TestClientError.tooManyRedirects(options.maximumRedirects)
        }
        var next = prepared
        next.target = try Target(location, from: prepared.target, normalizes: true)
        let becomesGet =
            switch status.code {
            // RFC 9110 §15.4.2 and §15.4.3: what clients have always done with POST.
            case 301, 302: prepared.method == .post
            // RFC 9110 §15.4.4.
            case 303: prepared.method != .head
            default: false
            }
        if becomesGet {
            next.method = .get
            next.body = .none
            next.headerFields = next.headerFields.filter { field in
                !field.name.canonicalName.hasPrefix("content-")
                    && ![.transferEncoding, .expect, .trailer].contains(field.name)
            }
        } else if !prepared.body.isRepeatable {
            throw TestClientError.bodyNotRepeatable
        }
        if !next.target.isSameOrigin(as: prepared.target) {
            // RFC 9110 §15.4: what was meant for one host is not told to another.
            next.headerFields = next.headerFields.filter { field in
                ![.authorization, .cookie, .proxyAuthorization].contains(field.name)
                    && field.name.canonicalName != "host"
            }
        }
        return next
    }
}
