/// A key of ``TypedValues``: an empty type that says what its values are.
///
/// ```swift
/// enum Database: ValueKey { typealias Value = Pool }
/// scope.state[Database.self]
/// ```
public protocol ValueKey: Sendable {
    associatedtype Value: Sendable
}

/// A few values, each under a key that is a type. A value type: changing a copy changes no other.
public struct TypedValues: Sendable {
    private var items: [(key: ObjectIdentifier, value: any Sendable)] = []

    public init() {}

    /// The value under `key`, or `nil`. There are few, so they are searched in order.
    public subscript<Key: ValueKey>(_ key: Key.Type) -> Key.Value? {
        get { value(ObjectIdentifier(key)) as? Key.Value }
        set { set(newValue, ObjectIdentifier(key)) }
    }

    public var isEmpty: Bool { items.isEmpty }

    /// Takes over all values of `other`, in the place of those under the same keys.
    public mutating func merge(_ other: TypedValues) {
        for item in other.items { set(item.value, item.key) }
    }

    func value(_ key: ObjectIdentifier) -> (any Sendable)? {
        items.first { $0.key == key }?.value
    }

    mutating func set(_ value: (any Sendable)?, _ key: ObjectIdentifier) {
        let index = items.firstIndex { $0.key == key }
        switch (index, value) {
        case (let index?, let value?): items[index].value = value
        case (let index?, nil): items.remove(at: index)
        case (nil, let value?): items.append((key, value))
        case (nil, nil): break
        }
    }
}

/// What an application prepared at startup and every exchange can read; see ``LifespanReply``.
public typealias State = TypedValues

/// What this server can do for this exchange beyond the core: each capability is a type, present only where
/// it really works.
public struct Extensions: Sendable {
    private var items = TypedValues()

    public init() {}

    /// The capability of that type, or `nil` where there is none.
    public subscript<Capability: Sendable>(_ type: Capability.Type) -> Capability? {
        get { items.value(ObjectIdentifier(type)) as? Capability }
        set { items.set(newValue, ObjectIdentifier(type)) }
    }
}
