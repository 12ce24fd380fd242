import HTTPTypes

/// What the names and values of a form spell together: a tree of groups, with the values at its leaves.
///
/// Built and read by one task, within one call.
final class ParameterNode {
    /// How deep names may lead.
    static let maximumDepth = 16

    /// The values of this very name, in their order.
    private(set) var values: [String] = []
    /// What the names that go on after this one lead to, in the order in which they came first.
    private(set) var members: [String] = []
    private var nodes: [String: ParameterNode] = [:]
    private var nextIndex = 0

    /// - Throws: ``HTTPError`` 400 for a name that goes too deep.
    convenience init(_ parameters: Parameters) throws {
        self.init()
        for item in parameters.items {
            let steps = ParameterName(item.name).steps
            guard steps.count <= Self.maximumDepth else {
                let name = item.name.prefix(64)
                throw HTTPError(.badRequest, "The parameter \"\(name)\" goes more than \(Self.maximumDepth) deep.")
            }
            steps.reduce(self) { node, step in node.child(at: step) }.values.append(item.value)
        }
    }

    subscript(_ member: String) -> ParameterNode? { nodes[member] }

    var hasMembers: Bool { !members.isEmpty }

    /// The elements of this node as an array: its values, then its numbered members by their numbers, which may leave
    /// some out. An element costs what was sent for it, whatever its number. `nil` when a member has no number.
    var elements: [(label: String, node: ParameterNode)]? {
        var numbered: [(number: Int, node: ParameterNode)] = []
        for member in members {
            guard let number = Self.number(member), let node = nodes[member] else { return nil }
            numbered.append((number, node))
        }
        numbered.sort { $0.number < $1.number }
        let plain = values.enumerated().map { (label: "\($0.offset)", node: ParameterNode(value: $0.element)) }
        return plain + numbered.map { (label: "\($0.number)", node: $0.node) }
    }

    /// A node of which nothing was sent.
    init() {}

    private convenience init(value: String) {
        self.init()
        values = [value]
    }

    private func child(at step: ParameterName.Step) -> ParameterNode {
        let member: String
        switch step {
        case .member(let name): member = name
        case .next: member = String(nextIndex)
        }
        if let number = Self.number(member) { nextIndex = max(nextIndex, number + 1) }
        if let node = nodes[member] { return node }
        let node = ParameterNode()
        nodes[member] = node
        members.append(member)
        return node
    }

    /// A number of at most nine digits, written in the one way there is.
    private static func number(_ member: String) -> Int? {
        guard member.utf8.count <= 9, let number = Int(member), String(number) == member, number >= 0 else {
            return nil
        }
        return number
    }
}
