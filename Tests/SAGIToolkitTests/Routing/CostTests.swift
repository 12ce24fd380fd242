import HTTPTypes
import SAGI
import Testing

@testable import SAGIToolkit

@Suite("The cost of the router", .serialized)
struct CostTests {
    /// The least time of several rounds of looking up paths of one shape.
    static func cost(routes count: Int) throws -> Duration {
        var names = RouteNames()
        var routes = Routes()
        for number in 0..<count { routes.get("/section\(number)/items/:id") { _ in "" } }
        let table = try RouteTable(routes.definitions, Router.Options(), &names)
        let scopes = stride(from: 0, to: count, by: max(1, count / 10)).map {
            RequestScope(.get, "/section\($0)/items/7")
        }
        let clock = ContinuousClock()
        var least = Duration.seconds(60)
        for _ in 0..<20 {
            let time = clock.measure {
                for _ in 0..<20 {
                    for scope in scopes { _ = table.find(scope, .http, passing: 0, .redirect) }
                }
            }
            least = min(least, time / scopes.count)
        }
        return least
    }

    @Test("is much the same for ten routes and for ten thousand")
    func grows() throws {
        let (few, many) = (try Self.cost(routes: 10), try Self.cost(routes: 10_000))
        #expect(many < few * 3, "10 routes: \(few), 10 000 routes: \(many)")
        print("A look-up among 10 routes: \(few / 20), among 10 000: \(many / 20)")
    }
}
