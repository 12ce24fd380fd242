import SAGI

extension WebSocket {
    /// Sends what a sequence brings while messages are received, until the socket or the sequence ends.
    ///
    /// ```swift
    /// routes.webSocket("/room") { socket in
    ///     let room = try await rooms.subscribe(to: "room")
    ///     try await socket.send(from: room) { .text($0.text) } receiving: { message in
    ///         try await rooms.publish(message.bytes, to: "room")
    ///     }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - elements: what is sent, by a task of its own.
    ///   - transform: makes a message of an element; `nil` sends nothing.
    ///   - receive: called with each message, one after the other.
    /// - Throws: what one of them throws; the other is cancelled then.
    public nonisolated(nonsending) func send<Elements: AsyncSequence & Sendable>(
        from elements: Elements, _ transform: @escaping @Sendable (Elements.Element) throws -> Message?,
        receiving receive: nonisolated(nonsending) @escaping @Sendable (Message) async throws -> Void = { _ in }
    ) async throws where Elements.Element: Sendable {
        try await accept()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await element in elements {
                    if let message = try transform(element) { try await self.send(message) }
                }
            }
            group.addTask {
                while let message = try await self.receive() { try await receive(message) }
            }
            // Whichever ends first ends both. What the other says of that is of no interest.
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
