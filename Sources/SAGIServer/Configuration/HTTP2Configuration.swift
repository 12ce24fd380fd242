import HPACK
import HTTP2

/// What a server does about HTTP/2 (RFC 9113).
public struct HTTP2Configuration: Sendable, Equatable {
    /// Whether listeners with ``HTTPVersions/all`` serve it: to clients that ask for it by ALPN under TLS, or begin with
    /// it on a cleartext connection. Default true.
    public var isEnabled = true
    /// Streams that a client may have open at once on a connection. Beyond: REFUSED_STREAM. Default 128.
    public var concurrentStreams = 128
    /// Bytes of content that a client may send on a stream before the application takes any. Default 256 KiB.
    public var streamWindow = 256 * 1024
    /// The same over all streams of a connection. Default 1 MiB.
    public var connectionWindow = 1024 * 1024
    /// Bytes of a frame's payload that a client may send. Default 16 KiB, which is the least; at most 16 MiB - 1.
    public var frameSize = 16 * 1024
    /// Bytes of the dynamic table for the fields of requests. Default 4 KiB.
    public var headerTableSize = 4096
    /// Frames that serve no request (resets, pings, settings, empty and unknown frames) beyond what requests earn; a
    /// tenth of it is forgiven each second. Beyond: ENHANCE_YOUR_CALM. Default 1000.
    public var uselessFrames = 1000

    /// A PING is sent when nothing has arrived for this long while streams are open. Default 30 s; `nil` sends none.
    public var pingInterval: Duration? = .seconds(30)
    /// For anything to arrive after a PING. Then the client counts as gone. Default 20 s; `nil` waits for ever.
    public var pingTimeout: Duration? = .seconds(20)

    public init() {}
}

extension ServerConfiguration {
    var http2Settings: HTTP2Settings {
        var settings = HTTP2Settings()
        settings.headerTableSize = http2.headerTableSize
        settings.concurrentStreams = http2.concurrentStreams
        settings.initialWindow = http2.streamWindow
        settings.frameSize = http2.frameSize
        settings.headerListSize = limits.headerSection
        settings.connectProtocol = true
        return settings
    }

    var http2Limits: HTTP2Limits {
        var result = HTTP2Limits()
        result.fields.size = limits.headerSection
        // The pseudo-header fields are no fields for whoever sets the limit.
        result.fields.fieldCount = limits.headerCount + 5
        result.trailers.size = limits.trailerSection
        result.trailers.fieldCount = limits.headerCount
        result.headerBlock = 2 * limits.headerSection
        result.noise = http2.uselessFrames
        result.connectionWindow = http2.connectionWindow
        return result
    }
}
