import HTTPTypes
import Logging
import SAGI
import SAGIToolkit

/// The routes in the samples of the pages about middleware; see ``MiddlewareSamples``.
enum RouteSamples {
    enum Visits: SessionKey { typealias Value = Int }

    static func csrf(_ routes: inout Routes) {
        routes.get("/delete") { request in
            Response.html(
                """
                <!doctype html>
                <form method="post">
                <input type="hidden" name="csrf_token" value="\(try request.csrfToken)"><button>Delete everything</button>
                </form>
                """)
        }
    }

    static func conditionalGet(_ routes: inout Routes) {
        routes.get("/report") { request in
            var response = Response.text("Nothing has happened.\n")
            response[.eTag] = EntityTag("report-7").description
            return response
        }
    }

    static func methodOverride(_ routes: inout Routes) {
        routes.delete("/notes/{id:Int}") { request in
            "Note \(try request.parameter("id", as: Int.self)) is gone.\n"
        }
    }

    static func rateLimit(_ routes: inout Routes) {
        routes.group("/login") { login in
            login.use(RateLimit(.slidingWindow(5, per: .seconds(60), name: "login")))
            login.post("/") { _ in "Welcome!\n" }
        }
    }

    static func requestID(_ routes: inout Routes) {
        routes.get("/") { request in
            request.logger.info("somebody is at the door")
            return "This is request \(request.scope.requestID ?? "")."
        }
    }

    static func securityHeaders(_ routes: inout Routes) {
        routes.get("/") { request in
            Response.html("<!doctype html><script nonce=\"\(request.scope.cspNonce ?? "")\">alert('Hello')</script>")
        }
    }

    static func sessions(_ routes: inout Routes) {
        routes.use(Sessions(MemoryStore(limit: 10_000), expiresAfter: .seconds(1800)))
        routes.get("/visits") { request in
            try request.session[Visits.self, default: 0] += 1
            return "You were here \(try request.session[Visits.self] ?? 0) times.\n"
        }
    }
}
