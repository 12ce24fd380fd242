import Testing

@testable import SAGIServer

@Suite("Handover")
struct HandoverTests {
    @Test("What one process says, the other one reads, with the descriptors as it has them")
    func roundTrip() throws {
        let handover = Handover(
            worker: 2, channel: 17,
            sockets: [
                .init(key: "localhost:0", descriptors: [9, 40]),
                .init(key: "tls localhost:0", descriptors: [8], isInherited: true),
                .init(key: "unix:/a;b=c,d %/ü", descriptors: [5]), .init(key: "x", descriptors: []),
            ])
        #expect(handover.descriptors == [17, 9, 40, 8, 5])
        let read = try #require(Handover(handover.text))
        #expect(read.worker == 2 && read.channel == 3)
        #expect(read.sockets.map(\.key) == handover.sockets.map(\.key))
        #expect(read.sockets.map(\.descriptors) == [[4, 5], [6], [7], []])
        #expect(read.sockets.map(\.isInherited) == [false, true, false, false])
        #expect(Handover(Handover(worker: nil, channel: 3, sockets: []).text)?.worker == nil)
    }

    @Test("What is malformed is nothing", arguments: ["", "1", "x;3", "1;x", "1;3;a", "1;3;a=b", "1;3;a=4,x"])
    func malformed(_ text: String) { #expect(Handover(text) == nil) }
}

@Suite("Request budget")
struct RequestBudgetTests {
    @Test("It is spent once, when all requests have been served, whichever loop served them", arguments: [1, 2, 7])
    func spent(_ loops: Int) {
        nonisolated(unsafe) var calls = 0
        var served = 0
        let budget = RequestBudget(1000, loops: loops) { calls += 1 }
        var parts = (0..<loops).map { _ in budget.spend(0) }
        while calls == 0, let index = parts.indices.first(where: { parts[$0] != nil }), let part = parts[index] {
            served += part
            parts[index] = budget.spend(part)
            parts.append(parts.removeFirst())
        }
        #expect(calls == 1)
        #expect((1000...1000 + loops).contains(served))
        _ = budget.spend(5)
        #expect(calls == 1)
    }
}
