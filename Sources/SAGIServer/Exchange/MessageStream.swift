import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// What an exchange needs of the protocol that carries it: an HTTP/1.1 connection, or a stream of HTTP/2 or
/// HTTP/3. Used on the event loop only. The exchange has checked the rules; the stream does the framing.
protocol MessageStream: AnyObject {
    /// Whether fewer bytes wait than the high-water mark.
    var isWritable: Bool { get }
    var bufferedBytes: Int { get }
    /// Whether the stream takes another event now. It flushes if that helps, and calls
    /// ``ServerExchange/writabilityChanged()`` later when it does not.
    func makeWritable() -> Bool

    /// The next event of the request that has arrived, or nil. Called only when somebody receives.
    func nextEvent() -> HTTPRequestEvent?
    /// Somebody waits for an event, or nobody does any more.
    func isAwaited(_ isAwaited: Bool)

    func sendInformational(_ status: Int, _ fields: HTTPFields) throws(InvalidField)
    /// Takes the start of the response. The head may be held back until the first content or the turn's end.
    /// Throws before anything of it can have been sent.
    func sendStart(
        _ status: Int, _ fields: HTTPFields, isHead: Bool, trailers: Bool
    ) throws(InvalidField) -> ResponseFacts
    /// Sends content, which may be empty. The last part is the one with `more` false, unless trailers follow.
    func sendContent(_ bytes: ByteBuffer, more: Bool)
    /// Content that is not put on the wire, because it is empty or answers HEAD; its length may be told.
    func sendSuppressed(_ count: Int, more: Bool)
    func sendFile(_ file: OpenFile, more: Bool, completion: @escaping (FileFailure?) -> Void)
    func sendTrailers(_ fields: HTTPFields) throws(InvalidField)
    func flush()
    /// Ends the response so that the client sees that it is not whole.
    func truncate()

    /// Calls ``ExchangeLayer/timerFired()`` at that time; nil is never. One time for each exchange.
    func setTimer(_ deadline: NIODeadline?)
    /// Cancels the task of the application, where that is wanted.
    func cancelWork()
}
