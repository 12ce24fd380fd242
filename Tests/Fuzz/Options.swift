/// The command line.
struct Options {
    static let targets = [
        "http1", "dates", "percent", "accept", "cookies", "multipart", "urlencoded", "range", "forwarded",
        "websocket", "extensions", "hpack", "http2",
    ]
    static let usage = """
        usage: Fuzz TARGET [--iterations N] [--seed N] [--output FILE]
               Fuzz TARGET --replay FILE

        TARGET is \(targets.joined(separator: ", ")). The same seed makes the same inputs. An input that breaks a
        rule is written to FILE (fuzz-TARGET.input), and the exit status is 1.
        """

    var target: String
    var iterations = 1_000_000
    var seed: UInt64 = 1
    var replay: String?
    var output: String

    struct Misuse: Error {
        let message: String
    }

    init(_ arguments: some Sequence<String>) throws(Misuse) {
        var rest = Array(arguments)[...]
        guard let target = rest.popFirst(), Self.targets.contains(target) else {
            throw Misuse(message: "The first argument names what is tried.")
        }
        self.target = target
        output = "fuzz-\(target).input"
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Misuse(message: "\(name) needs a value.") }
            switch name {
            case "--iterations": iterations = try Self.number(name, value)
            case "--seed": seed = try UInt64(Self.number(name, value))
            case "--output": output = value
            case "--replay": replay = value
            default: throw Misuse(message: "There is no option \(name).")
            }
        }
    }

    private static func number(_ name: String, _ value: String) throws(Misuse) -> Int {
        guard let number = Int(value.replacing("_", with: "")), number >= 0 else {
            throw Misuse(message: "\(name) takes a number, not \(value).")
        }
        return number
    }
}
