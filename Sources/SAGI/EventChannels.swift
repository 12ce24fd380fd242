/// Where the events that an application sends go. A server implements it, or a middleware that looks at
/// each event; see ``Send``.
public protocol EventSink<Outbound>: AnyObject, Sendable {
    associatedtype Outbound: Sendable

    /// Takes the event if that can be done without suspending. When it returns false nothing has been
    /// taken, and ``send(_:)`` follows.
    func offer(_ event: Outbound) throws -> Bool

    /// Takes the event, suspending while the peer is slower than the high-water mark.
    nonisolated(nonsending) func send(_ event: Outbound) async throws
}

/// Where the events that an application receives come from; see ``Receive``.
public protocol EventSource<Inbound>: AnyObject, Sendable {
    associatedtype Inbound: Sendable

    /// The next event, if there is one already.
    func poll() throws -> Inbound?

    /// The next event.
    nonisolated(nonsending) func next() async throws -> Inbound
}

/// An exchange's `send`: a function that takes the next event.
///
/// It suspends while more than the high-water mark waits to be sent, and resumes below the low-water mark.
/// Once the peer has gone it does nothing. An event that breaks the rules of the exchange throws
/// ``ExchangeError``, and nothing of it is sent.
public struct Send<Event: Sendable>: Sendable {
    @usableFromInline let sink: any EventSink<Event>

    /// Sends into a sink: how a server makes one.
    @inlinable
    public init(_ sink: any EventSink<Event>) { self.sink = sink }

    /// Sends into a closure: how a middleware looks at events on their way to the server.
    ///
    /// ```swift
    /// http.send = Send { [send = http.send] event in
    ///     log(event)
    ///     try await send(event)
    /// }
    /// ```
    public init(_ body: nonisolated(nonsending) @escaping @Sendable (Event) async throws -> Void) {
        self.sink = ClosureSink(body)
    }

    /// ``EventSink/offer(_:)`` of what is behind: for a sink that stands before another one.
    @inlinable
    public func offer(_ event: Event) throws -> Bool { try sink.offer(event) }

    @inlinable
    public nonisolated(nonsending) func callAsFunction(_ event: Event) async throws {
        if try sink.offer(event) { return }
        try await sink.send(event)
    }
}

/// An exchange's `receive`: a function that returns the next event.
public struct Receive<Event: Sendable>: Sendable {
    @usableFromInline let source: any EventSource<Event>

    /// Receives from a source: how a server makes one.
    @inlinable
    public init(_ source: any EventSource<Event>) { self.source = source }

    /// Receives from a closure: how a middleware looks at events on their way to the application.
    public init(_ body: nonisolated(nonsending) @escaping @Sendable () async throws -> Event) {
        self.source = ClosureSource(body)
    }

    @inlinable
    public nonisolated(nonsending) func callAsFunction() async throws -> Event {
        if let event = try source.poll() { return event }
        return try await source.next()
    }
}

final class ClosureSink<Event: Sendable>: EventSink {
    private let body: nonisolated(nonsending) @Sendable (Event) async throws -> Void

    init(_ body: nonisolated(nonsending) @escaping @Sendable (Event) async throws -> Void) { self.body = body }

    func offer(_ event: Event) -> Bool { false }
    nonisolated(nonsending) func send(_ event: Event) async throws { try await body(event) }
}

final class ClosureSource<Event: Sendable>: EventSource {
    private let body: nonisolated(nonsending) @Sendable () async throws -> Event

    init(_ body: nonisolated(nonsending) @escaping @Sendable () async throws -> Event) { self.body = body }

    func poll() -> Event? { nil }
    nonisolated(nonsending) func next() async throws -> Event { try await body() }
}
