/// Random bytes that nobody can guess.
enum SecureRandom {
    static func bytes(_ count: Int) -> [UInt8] {
        // The system's own: getrandom, or arc4random.
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
