import HTTPTypes

/// The status code of the response that an application sends again and again.
///
/// `HTTPTypes` keeps the status as text in a shared object; reading it costs as much as writing a small response. Two
/// responses with the same object have the same status as long as one of them is kept alive, for it is copied before
/// it is changed.
struct StatusMemo {
    /// Keeps the object alive, and unchanged, which `key` stands for.
    private var kept: HTTPResponse.PseudoHeaderFields?
    private var key: UInt = 0
    private var code = 0
    private var sightings = Sightings()

    private static let isUsable = MemoryLayout<HTTPResponse.PseudoHeaderFields>.size == MemoryLayout<UInt>.size

    @inline(__always)
    mutating func code(of response: HTTPResponse) -> Int {
        guard Self.isUsable else { return response.status.code }
        let key = withUnsafeBytes(of: response.pseudoHeaderFields) { $0.loadUnaligned(as: UInt.self) }
        return key == self.key ? code : read(response, key)
    }

    @inline(never)
    private mutating func read(_ response: HTTPResponse, _ key: UInt) -> Int {
        let code = response.status.code
        if sightings.isWorthKeeping(key) {
            kept = response.pseudoHeaderFields
            self.key = key
            self.code = code
        }
        return code
    }
}
