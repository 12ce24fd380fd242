import Testing

@testable import SAGIServerCommand

@Suite struct BuildStateTests {
    @Test func `a state is one line, whatever the compiler says`() {
        let state = BuildState(.failed, text: "a\nb\r\n\u{1}\"ü", count: 3, seconds: 1.5)
        #expect(!state.line.contains("\n"))
        #expect(BuildState(line: state.line) == state)
        #expect(BuildState(line: "nonsense") == nil)
    }

    @Test func `a page gets what the compiler says without colours, and not without end`() {
        #expect(BuildState.page("\u{1B}[1;31merror:\u{1B}[0m no") == "error: no")
        #expect(BuildState.page(String(repeating: "é", count: 100), limit: 50).utf8.count < 70)
    }

    @Test func `who asks gets the state that is, and each one that follows`() async {
        let news = BuildNews()
        news.tell(BuildState(.building, count: 1))
        var updates = news.updates().makeAsyncIterator()
        #expect(await updates.next()?.phase == .building)
        news.tell(BuildState(.failed, count: 1))
        #expect(await updates.next()?.phase == .failed)
        #expect(news.state.phase == .failed)
    }
}
