import HTTPTypes
import NIOCore
import SAGI

extension Response {
    /// A file, as ``StaticFiles`` would send it: with `ETag` and `Last-Modified`, conditions (RFC 9110 §13), and one
    /// range or several (§14).
    ///
    /// ```swift
    /// routes.get("/invoices/:id") { request in
    ///     let invoice = try await invoices.find(try request.parameter("id", as: Int.self))
    ///     return try .file(invoice.path, for: request, disposition: .attachment(filename: "\(invoice.number).pdf"))
    /// }
    /// ```
    ///
    /// To GET and HEAD it is 200, 206, 304, 412, or 416 with the size in `Content-Range`; to other methods 200, since
    /// conditions and ranges are not meant for what they return. The file is opened now, and sent from that descriptor.
    ///
    /// - Parameters:
    ///   - path: where it is. Links are followed. It must not come from a client: see
    ///     ``file(_:in:for:contentType:disposition:cacheControl:maximumRanges:)``.
    ///   - request: the request that is answered.
    ///   - contentType: the media type; `nil`, the default, goes by the extension of the file's name.
    ///   - disposition: whether a browser shows or saves it, and the name; without a name in it, the file's own.
    ///     Default `nil`: the field is not sent.
    ///   - cacheControl: the value of `Cache-Control`. Default none.
    ///   - maximumRanges: how many ranges one request may ask for; with more the whole file is sent, with 0 always.
    ///     Default 16.
    /// - Throws: ``HTTPError`` 404 when there is no regular file that may be read; another error when the file system
    ///   fails.
    public static func file(
        _ path: String, for request: Request, contentType: String? = nil, disposition: Disposition? = nil,
        cacheControl: String? = nil, maximumRanges: Int = 16
    ) throws -> Response {
        guard let descriptor = try Descriptor.file(path), case let status = try descriptor.status(),
            status.kind == .file
        else { throw HTTPError(.notFound) }
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? path
        let file = FoundFile(name: name, status: status, descriptor: descriptor, directory: descriptor)
        return Response(file, for: request, contentType, disposition, cacheControl, maximumRanges)
    }

    /// A file in a directory, whose name a client may give: as the other function, but nothing outside of the directory
    /// is ever sent, links are not followed, and names that begin with a dot are as if they were not there.
    ///
    /// ```swift
    /// routes.get("/downloads/*name") { request in
    ///     try .file(request.parameter("name"), in: "downloads", for: request)
    /// }
    /// ```
    ///
    /// `name` is a name, or several with `/` between them, and `directory` an absolute path or one from the current
    /// directory. The rest is as for the other function.
    public static func file(
        _ name: String, in directory: String, for request: Request, contentType: String? = nil,
        disposition: Disposition? = nil, cacheControl: String? = nil, maximumRanges: Int = 16
    ) throws -> Response {
        var scope = request.scope
        scope.rootPath = ""
        scope.path = "/\(name)"
        scope.rawPath = "/"
        let tree = FileTree(root: StaticFiles.absolute(directory), hiddenFiles: .deny, symbolicLinks: .never)
        guard let path = try? RequestPath(scope), !path.endsInSlash, case .file(let file)? = try tree.find(path) else {
            throw HTTPError(.notFound)
        }
        return Response(file, for: request, contentType, disposition, cacheControl, maximumRanges)
    }

    private init(
        _ file: FoundFile, for request: Request, _ contentType: String?, _ disposition: Disposition?,
        _ cacheControl: String?, _ maximumRanges: Int
    ) {
        var options = StaticFiles.Options()
        options.cacheControl = cacheControl
        options.maximumRanges = maximumRanges
        var scope = request.scope
        if scope.method != .get, scope.method != .head { scope.headerFields = [:] }
        let type = contentType ?? MediaTypes().type(ofFileNamed: file.name)
        self = Representation(of: file, type: type, coding: nil, varies: false).response(to: scope, options)
        if var disposition, status == .ok || status == .partialContent {
            disposition.filename = disposition.filename ?? file.name
            self[.contentDisposition] = disposition.description
        }
    }
}
