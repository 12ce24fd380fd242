#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Feeds a target, tells how it goes, and stops at the first violation.
struct Runner<Target: FuzzTarget> {
    private var target: Target
    private let options: Options
    private var mutator = Mutator(corpus: Target.corpus, tokens: Target.tokens)
    private var marks: Set<UInt64> = []

    init(_ target: Target, _ options: Options) {
        self.target = target
        self.options = options
    }

    consuming func run() -> Never {
        Crash.prepare(path: options.output)
        if let replay = options.replay { self.replay(replay) }
        print("\(options.target): \(options.iterations) inputs, seed \(options.seed)")
        for seed in Target.corpus { thoroughly(latin(seed)) }
        var random = Generator(seed: options.seed)
        let start = ContinuousClock.now
        var residentAtStart = 0
        var input: [UInt8] = []
        for iteration in 1...max(1, options.iterations) {
            if iteration & 0xFFF == 1 { Crash.watch() }
            mutator.next(&input, using: &random)
            Crash.note(input)
            do throws(Violation) {
                let mark = try target.check(input, using: &random)
                if marks.count < 1 << 16, marks.insert(mark).inserted { mutator.keep(input, using: &random) }
            } catch {
                fail(input, error)
            }
            // Once the pool is full, memory must not grow any more.
            if iteration == max(1, options.iterations / 10) { residentAtStart = residentKiB() }
            if iteration % 1_000_000 == 0 || iteration == options.iterations {
                report(iteration, since: start)
            }
        }
        print("resident memory: \(residentAtStart) KiB after a tenth of the inputs, \(residentKiB()) KiB at the end")
        exit(0)
    }

    private func report(_ iteration: Int, since start: ContinuousClock.Instant) {
        let seconds =
            Double((ContinuousClock.now - start).components.seconds)
            + Double((ContinuousClock.now - start).components.attoseconds) / 1e18
        let rate = Int(Double(iteration) / max(seconds, 0.001))
        print("\(iteration) inputs, \(rate)/s, \(mutator.poolCount) kept, \(residentKiB()) KiB resident")
        fflush(nil)
    }

    private mutating func thoroughly(_ input: [UInt8]) {
        Crash.note(input)
        Crash.watch()
        do throws(Violation) { try target.checkThoroughly(input) } catch { fail(input, error) }
    }

    private consuming func replay(_ path: String) -> Never {
        guard let input = readFile(path) else {
            print("\(path) cannot be read.")
            exit(66)
        }
        thoroughly(input)
        print("\(path): \(input.count) bytes, nothing found")
        exit(0)
    }

    private func fail(_ input: [UInt8], _ violation: Violation) -> Never {
        let hexadecimal = input.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        print("violation: \(violation.message)")
        print(hexadecimal)
        if options.replay == nil, let file = fopen(options.output, "w") {
            fwrite(input, 1, input.count, file)
            fclose(file)
            print("saved to \(options.output)")
        }
        exit(1)
    }
}

private func readFile(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return bytes
}

/// The memory of the process that is in use.
private func residentKiB() -> Int {
    guard let text = readFile("/proc/self/statm").map({ String(decoding: $0, as: UTF8.self) }) else { return 0 }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
}
