import HTTPTypes
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The cookies of a client (RFC 6265): set by responses, sent with requests that they are for.
///
/// ```swift
/// client.cookies.set(CookieJar.Cookie("theme", "dark", domain: "testserver"))
/// #expect(client.cookies["session"] == nil)
/// ```
public final class CookieJar: Sendable {
    private let cookies = Mutex<[Cookie]>([])
    private let now: @Sendable () -> Int

    /// Makes an empty jar.
    public convenience init() { self.init { Int(Date().timeIntervalSince1970) } }

    /// Makes an empty jar with a clock of the test's own: the time in seconds since 1970.
    public init(now: @escaping @Sendable () -> Int) { self.now = now }

    /// The cookies that are there and have not expired, oldest first.
    public var all: [Cookie] {
        let now = now()
        return cookies.withLock { $0.filter { !$0.isExpired(now) } }
    }

    /// The value of the newest cookie with that name.
    public subscript(_ name: String) -> String? { all.last { $0.name == name }?.value }

    /// Keeps a cookie, in the place of one with the same name, domain and path.
    public func set(_ cookie: Cookie) {
        let now = now()
        cookies.withLock { cookies in
            let index = cookies.firstIndex { $0.isSame(as: cookie) }
            if cookie.isExpired(now) {
                // This is how a server takes a cookie back.
                if let index { cookies.remove(at: index) }
            } else if let index {
                cookies[index] = cookie
            } else {
                cookies.append(cookie)
            }
        }
    }

    /// Forgets all of them, or those with a name.
    public func clear(_ name: String? = nil) {
        cookies.withLock { $0.removeAll { name == nil || $0.name == name } }
    }

    /// Keeps what a response sets.
    func store(_ fields: HTTPFields, from target: Target) {
        for text in fields[values: .setCookie] {
            if let cookie = Cookie(setCookie: text, from: target, now: now()) { set(cookie) }
        }
    }

    /// The value of the `Cookie` field for a request; `nil` when there is none to send.
    func value(for target: Target) -> String? {
        // RFC 6265 §5.4: longer paths first, then older ones.
        let chosen = all.enumerated().filter { $0.element.isFor(target) }.sorted { left, right in
            let (long, short) = (left.element.path.utf8.count, right.element.path.utf8.count)
            return long == short ? left.offset < right.offset : long > short
        }
        guard !chosen.isEmpty else { return nil }
        return chosen.map { "\($0.element.name)=\($0.element.value)" }.joined(separator: "; ")
    }
}
