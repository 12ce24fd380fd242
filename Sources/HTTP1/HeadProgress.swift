import HTTPSemantics

/// What has been learned of a head: kept while its end has not arrived, so that the parser goes on at the line
/// that is unfinished and reads no line twice.
struct HeadProgress: Sendable {
    /// Where the unfinished line starts.
    var line = 0
    var hasRequestLine = false

    var hostCount = 0
    var host = RequestHead.Slice.empty
    var hasContentLength = false
    var hasTransferEncoding = false
    var codingCount = 0
    var isChunked = false
    var connectionClose = false
    var connectionKeepAlive = false
    var connectionUpgrade = false
    var hasUpgrade = false
    var hasExpect = false
}
