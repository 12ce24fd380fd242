/// Makes inputs: takes one that is known and changes it in a few places.
struct Mutator {
    private var pool: [[UInt8]]
    private let seeds: Int
    private let tokens: [[UInt8]]
    private let largest = 8 * 1024

    private static let bytes: [UInt8] = [
        0x00, 0x01, 0x09, 0x0A, 0x0B, 0x0D, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x25, 0x2C, 0x2E, 0x2F, 0x30, 0x31, 0x39,
        0x3A,
        0x3B, 0x3D, 0x3F, 0x40, 0x41, 0x5B, 0x5D, 0x61, 0x66, 0x67, 0x7E, 0x7F, 0x80, 0xC3, 0xFF,
    ]

    init(corpus: [String], tokens: [String]) {
        pool = corpus.map(latin)
        seeds = pool.count
        self.tokens = tokens.map(latin)
    }

    var poolCount: Int { pool.count }

    /// Keeps an input to start from.
    mutating func keep(_ input: [UInt8], using random: inout Generator) {
        guard input.count <= 2048 else { return }
        if pool.count < 4096 {
            pool.append(input)
        } else {
            pool[seeds + random.below(pool.count - seeds)] = input
        }
    }

    /// Puts a new input into `input`.
    func next(_ input: inout [UInt8], using random: inout Generator) {
        input.removeAll(keepingCapacity: true)
        // The first inputs must not drown among those that were found.
        input += random.oneIn(4) ? pool[random.below(seeds)] : pool[random.below(pool.count)]
        if random.oneIn(8) { input += pool[random.below(pool.count)] }
        let changes = random.oneIn(16) ? random.below(40) : random.below(6)
        for _ in 0..<changes { change(&input, &random) }
        if input.count > largest { input.removeSubrange(largest...) }
    }

    private func change(_ input: inout [UInt8], _ random: inout Generator) {
        guard !input.isEmpty else {
            input += pool[random.below(pool.count)]
            return
        }
        let place = random.below(input.count)
        switch random.below(16) {
        case 0, 1:
            input[place] ^= 1 << UInt8(random.below(8))
        case 2:
            input[place] = random.byte()
        case 3, 4:
            input[place] = Self.bytes[random.below(Self.bytes.count)]
        case 5:
            input.insert(Self.bytes[random.below(Self.bytes.count)], at: place)
        case 6, 7, 8:
            input.insert(contentsOf: tokens[random.below(tokens.count)], at: place)
        case 9:
            let token = tokens[random.below(tokens.count)]
            input.replaceSubrange(place..<min(place + token.count, input.count), with: token)
        case 10:
            input.removeSubrange(place..<min(place + 1 + random.below(random.oneIn(4) ? 64 : 4), input.count))
        case 11:
            let piece = Array(input[place..<min(place + 1 + random.below(48), input.count)])
            input.insert(contentsOf: piece, at: random.below(input.count))
        case 12:
            let other = pool[random.below(pool.count)]
            guard !other.isEmpty else { return }
            let start = random.below(other.count)
            input.insert(contentsOf: other[start..<min(start + 1 + random.below(64), other.count)], at: place)
        case 13:
            let other = pool[random.below(pool.count)]
            guard !other.isEmpty else { return }
            input.replaceSubrange(place..., with: other[random.below(other.count)...])
        case 14:
            if random.oneIn(4) { input.removeSubrange(place...) } else { changeDigit(&input, from: place, &random) }
        default:
            let count = 1 + random.below(random.oneIn(64) ? largest : 40)
            input.insert(contentsOf: repeatElement(input[place], count: count), at: place)
        }
    }

    /// Changes the next digit: a length or a size that is off by something is what parsers get wrong.
    private func changeDigit(_ input: inout [UInt8], from place: Int, _ random: inout Generator) {
        guard let digit = input[place...].firstIndex(where: { $0 &- 0x30 < 10 }) else { return }
        input[digit] = 0x30 + UInt8(random.below(10))
    }
}
