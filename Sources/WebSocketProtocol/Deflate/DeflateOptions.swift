/// What a server does about compression (RFC 7692).
package struct DeflateOptions: Sendable, Equatable {
    /// The size of the window that the server compresses with, as a power of two: 9 to 15.
    package var serverWindowBits = 12
    /// The size that a client which can limit its window is asked for: 9 to 15.
    package var clientWindowBits = 12
    /// Whether messages may refer to those before them. Without it nothing is kept between messages.
    package var keepsContext = true
    /// zlib's level: 1, the fastest, to 9.
    package var level = 1
    /// How much memory zlib works with: 1 to 9, for 1 to 256 KiB.
    package var memoryLevel = 5

    package init() {}
}
