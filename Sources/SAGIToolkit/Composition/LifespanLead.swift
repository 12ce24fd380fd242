import SAGI

/// Leads an application through its life, for another application that holds it.
struct LifespanLead: Sendable {
    private let channel = LifespanChannel()
    private let task: Task<Void, Never>

    init(_ application: any Application, _ scope: LifespanScope) {
        let exchange = LifespanExchange(scope: scope, receive: Receive(channel), send: Send(channel))
        task = Task { [channel] in
            do {
                try await application.handle(.lifespan(exchange))
                channel.ended(nil)
            } catch {
                channel.ended(error)
            }
        }
    }

    /// Waits for the application's answer.
    ///
    /// - Returns: the state that it prepared; `nil` when it has declined.
    /// - Throws: ``LifespanError`` when it cannot start.
    func startup() async throws -> State? {
        let answer = await withTaskCancellationHandler {
            await channel.answer()
        } onCancel: {
            task.cancel()
        }
        switch answer {
        case .started(let state)?: return state
        case .failed(let message)?: throw LifespanError(message)
        case .ended?, .stopped?, .stopFailed?, nil: return nil
        }
    }

    /// Tells the application to stop, and waits for it.
    ///
    /// - Throws: ``LifespanError`` with what went wrong.
    func shutdown() async throws {
        guard channel.shutDown() else { return }
        defer { task.cancel() }
        switch await channel.answer() {
        case .stopFailed(let message)?: throw LifespanError(message)
        case .ended(let error?)?: throw error
        case .started?, .failed?, .stopped?, .ended(nil)?, nil: break
        }
    }
}

/// Why an application could not start or stop.
struct LifespanError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// Several errors as one.
    init(_ errors: [any Error]) { self.init(errors.map { "\($0)" }.joined(separator: "\n")) }
}
