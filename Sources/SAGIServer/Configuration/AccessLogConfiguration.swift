/// Where and how each exchange is logged.
public struct AccessLogConfiguration: Sendable, Equatable {
    /// Where the lines go.
    public enum Destination: Sendable, Equatable {
        case standardOutput
        case standardError
        /// A file that is appended to, and opened again on ``Server/reopenLogs()``.
        case file(String)
    }

    public var destination: Destination
    /// A preset ("clf", "common", "combined", "tiny", "json") or a format of atoms; see ``AccessLogFormat``.
    public var format: String

    public init(_ destination: Destination = .standardOutput, format: String = "clf") {
        self.destination = destination
        self.format = format
    }
}
