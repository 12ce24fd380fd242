import HTTPSemantics
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The field lines that the server adds to every response, ready to be copied: `Server`, `Date`, `Alt-Svc`.
/// Made anew when the second changes. One for each event loop.
///
/// `@unchecked Sendable`: used on its event loop only.
final class ServerFields: @unchecked Sendable {
    private let server: String?
    private let altSvc: String?
    private let addsDate: Bool

    @exclusivity(unchecked) private var expiry = NIODeadline.uptimeNanoseconds(0)
    /// A number that changes with the fields.
    @exclusivity(unchecked) private(set) var generation = 0
    private let all = OutputBuffer(capacity: 256)
    @exclusivity(unchecked) private var date = ""

    init(server: String?, addsDate: Bool, altSvc: String? = nil) {
        self.server = server
        self.addsDate = addsDate
        self.altSvc = altSvc
    }

    /// Appends the lines to a response that does, or does not, bring its own. `now` is the time of the turn.
    @inline(__always)
    func append(to output: OutputBuffer, hasDate: Bool, hasServer: Bool, now: NIODeadline) {
        update(now)
        if !hasDate, !hasServer {
            output.append(all.bytes)
        } else {
            output.append(make(withDate: !hasDate, withServer: !hasServer))
        }
    }

    /// Makes the fields anew when it is time to.
    @inline(__always)
    func update(_ now: NIODeadline) {
        if now >= expiry { refresh(now) }
    }

    /// The fields by themselves, for a response that does, or does not, bring its own. Names are in lower case.
    func forEach(hasDate: Bool, hasServer: Bool, _ body: (_ name: StaticString, _ value: String) -> Void) {
        if !hasServer, let server { body("server", server) }
        if !hasDate, addsDate { body("date", date) }
        if let altSvc { body("alt-svc", altSvc) }
    }

    @inline(never)
    private func refresh(_ now: NIODeadline) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        expiry = now + .nanoseconds(1_000_000_000 - Int64(time.tv_nsec))
        date = HTTPDate.format(time.tv_sec)
        generation &+= 1
        all.removeAll()
        all.append(make(withDate: true, withServer: true))
    }

    private func make(withDate: Bool, withServer: Bool) -> [UInt8] {
        var text = ""
        if withServer, let server { text += "Server: \(server)\r\n" }
        if withDate, addsDate { text += "Date: \(date)\r\n" }
        if let altSvc { text += "Alt-Svc: \(altSvc)\r\n" }
        return Array(text.utf8)
    }
}
