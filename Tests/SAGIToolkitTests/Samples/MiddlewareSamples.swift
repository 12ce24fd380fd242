import HTTPTypes
import Logging
import SAGI
import SAGIToolkit

/// The samples of the pages about middleware (Sources/SAGIToolkit/SAGIToolkit.docc), each with what it needs around it.
/// scripts/check-samples finds them here, as they stand there.
enum MiddlewareSamples {
    private struct Unreachable: Error {}

    private struct Alarms: Sendable {
        func ring(_ text: String) async {}
    }

    private actor Flags {
        var isResting = false
    }

    private struct Settings: Sendable {
        var isDevelopment = true
    }

    private static let alarms = Alarms()
    private static let flags = Flags()
    private static let settings = Settings()
    private static let keys = CookieKeys.random()

    /// Every middleware around a router, by the name of its page.
    static let all: [(name: String, wrap: @Sendable (Router) throws -> AnyApplication)] = [
        ("BodyLimit", { bodyLimit($0) }),
        ("CORS", { try cors($0) }),
        ("CSRF", { csrf($0) }),
        ("Compression", { compression($0) }),
        ("ConditionalGet", { conditionalGet($0) }),
        ("Decompression", { decompression($0) }),
        ("ETag", { eTag($0) }),
        ("ErrorHandler", { errorHandler($0) }),
        ("EventStreamRetry", { eventStreamRetry($0) }),
        ("HTTPSRedirect", { try httpsRedirect($0) }),
        ("Lint", { lint($0) }),
        ("Maintenance", { try maintenance($0) }),
        ("MethodOverride", { methodOverride($0) }),
        ("ProxyHeaders", { try proxyHeaders($0) }),
        ("RateLimit", { rateLimit($0) }),
        ("RequestID", { requestID($0) }),
        ("Runtime", { runtime($0) }),
        ("SecurityHeaders", { securityHeaders($0) }),
        ("Static", { staticFiles($0) }),
        ("Timeout", { timeout($0) }),
        ("TrustedHosts", { try trustedHosts($0) }),
        ("WebSocketRateLimit", { webSocketRateLimit($0) }),
    ]

    static func bodyLimit(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            BodyLimit(64 << 10, paths: ["/uploads": 1 << 30])
        }
        return app
    }

    static func cors(_ router: Router) throws -> AnyApplication {
        let app = try router.wrapped {
            try CORS(origins: ["https://app.example.org", "https://*.example.net"], credentials: true)
            ErrorHandler()
        }
        return app
    }

    static func csrf(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            Sessions(MemoryStore())
            CSRF(keys, exempt: ["/webhooks"])
        }
        return app
    }

    static func compression(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            Compression([.brotli(level: 5), .gzip()], minimumSize: 256) { request, _ in request.path != "/account" }
            ConditionalGet()
            ETag()
        }
        return app
    }

    static func conditionalGet(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            ConditionalGet()
        }
        return app
    }

    static func decompression(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            Decompression([.gzip, .zstd], limit: 1 << 20, maximumRatio: 20)
        }
        return app
    }

    static func eTag(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ConditionalGet()
            ETag()
        }
        return app
    }

    static func errorHandler(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler(onError: { error, scope in await alarms.ring("\(scope.path): \(error)") })
                .on(Unreachable.self) { _, scope in
                    .problem(.serviceUnavailable, "Try again soon.", headerFields: [.retryAfter: "60"], for: scope)
                }
                .page(for: .notFound) { problem, _ in .html("<h1>Nothing is here</h1>", status: problem.status) }
        }
        return app
    }

    static func eventStreamRetry(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            EventStreamRetry(.seconds(3))
        }
        return app
    }

    static func webSocketRateLimit(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            WebSocketRateLimit(20, per: .seconds(1), burst: 50)
        }
        return app
    }

    static func httpsRedirect(_ router: Router) throws -> AnyApplication {
        let app = try router.wrapped {
            try TrustedHosts(["example.org"])
            try HTTPSRedirect(exclude: ["/.well-known/acme-challenge"], hsts: StrictTransportSecurity())
        }
        return app
    }

    static func lint(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            if settings.isDevelopment { Lint() }
        }
        return app
    }

    static func maintenance(_ router: Router) throws -> AnyApplication {
        let app = try router.wrapped {
            try Maintenance(retryAfter: .seconds(600), except: ["10.0.0.0/8"], exempt: ["/health"]) {
                await flags.isResting
            }
        }
        return app
    }

    static func methodOverride(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            MethodOverride(header: nil, query: nil)
        }
        return app
    }

    static func proxyHeaders(_ router: Router) throws -> AnyApplication {
        let app = try router.wrapped {
            try ProxyHeaders(trusting: ["10.0.0.0/8", "fd00::/8"], trustsUnixSockets: true)
            RequestID()
            ErrorHandler()
        }
        return app
    }

    static func rateLimit(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            RateLimit(.tokenBucket(100, per: .seconds(60), burst: 20), skip: { $0.path == "/health" })
        }
        return app
    }

    static func requestID(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            RequestID()
            ErrorHandler()
        }
        return app
    }

    static func runtime(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            Runtime(serverTiming: "app")
            ErrorHandler()
        }
        return app
    }

    static func securityHeaders(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            SecurityHeaders(
                strictTransportSecurity: StrictTransportSecurity(includesSubdomains: true),
                contentSecurityPolicy: "default-src 'self'; script-src 'nonce-{nonce}'")
        }
        return app
    }

    static func staticFiles(_ router: Router) -> AnyApplication {
        var options = StaticFiles.Options()
        options.cacheControl = "public, max-age=31536000, immutable"
        options.mediaTypes["webmanifest"] = "application/manifest+json"
        let app = router.wrapped {
            ErrorHandler()
            Static("dist/assets", at: "/assets", options: options)
        }
        return app
    }

    static func timeout(_ router: Router) -> AnyApplication {
        let app = router.wrapped {
            ErrorHandler()
            Timeout(.seconds(30)) { scope in scope.logger.warning("too slow") }
        }
        return app
    }

    static func trustedHosts(_ router: Router) throws -> AnyApplication {
        let app = try router.wrapped {
            try TrustedHosts(["www.example.org", "*.example.net", "localhost"], redirectsToWWW: true)
            ErrorHandler()
        }
        return app
    }
}
