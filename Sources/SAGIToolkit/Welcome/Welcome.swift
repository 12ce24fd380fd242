import HTTPTypes
public import SAGI

/// The page that greets whoever has just started SAGI: it runs, and what to do next.
///
/// It answers `/` and nothing else.
public struct Welcome: Application {
    private let page: Response

    /// Makes the page.
    ///
    /// - Parameter version: the version of SAGI that it names, such as "0.1.0"; `nil`, the default, names none.
    public init(version: String? = nil) {
        let title = "\(version.map { "SAGI \($0)" } ?? "SAGI") is running"
        let body = """
            <main>
            <h1>\(HTML.escape(title))</h1>
            <p>The server works. It has no application of yours yet, so it shows this page.</p>
            <h2>What to do next</h2>
            <ol>
            <li><strong>Write an application.</strong> <code>sagi new hello</code> makes a project that builds and
            runs.</li>
            <li><strong>Serve files.</strong> <code>sagi serve DIR</code> serves a directory: with ranges, conditional
            requests and compressed copies.</li>
            <li><strong>Read on.</strong> <code>sagi --help</code> lists every command and option, and the
            <code>docs</code> folder of SAGI explains them.</li>
            </ol>
            </main>
            """
        let style = """
            body { max-width: 36rem; padding-top: 12vh }
            h1 { font-size: 2rem; line-height: 1.2; margin: 0 }
            h1::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .4em;
              border-radius: 50%; background: #f05138 }
            h2 { font-size: 1.1rem; margin-top: 2.5rem }
            li { margin: .8rem 0 }
            code { font: .95em ui-monospace, monospace; padding: .1em .35em; border-radius: .3em; background: #8882 }

            """
        page = .page(
            HTML.page(title: title, style: style, body: body), headerFields: [.cacheControl: "no-cache"])
    }

    /// - Throws: ``Unsupported`` for the lifespan, and what `send` throws.
    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        guard let scope = exchange.request else { throw Unsupported(exchange) }
        try await response(to: exchange, scope).handle(exchange)
    }

    private func response(to exchange: Exchange, _ scope: RequestScope) -> Response {
        guard exchange.hasContent, let path = try? RequestPath(scope), path.names.isEmpty else {
            return .problem(.notFound, for: scope)
        }
        switch scope.method {
        case .get, .head: return page
        default: return .methods("GET, HEAD, OPTIONS", for: scope)
        }
    }
}
