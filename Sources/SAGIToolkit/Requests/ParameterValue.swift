/// A type that a parameter of a path, a query or a form can be read as.
///
/// Integers, floating-point numbers, `Bool`, `String`, `UUID` and enumerations with raw values are ones; a type of your
/// own becomes one with an initializer.
public protocol ParameterValue: Sendable {
    /// Reads the value; `nil` when `text` is none.
    init?(parameter text: String)
}

extension ParameterValue where Self: LosslessStringConvertible {
    public init?(parameter text: String) { self.init(text) }
}

extension ParameterValue where Self: RawRepresentable, RawValue: ParameterValue {
    public init?(parameter text: String) {
        guard let rawValue = RawValue(parameter: text) else { return nil }
        self.init(rawValue: rawValue)
    }
}

extension String: ParameterValue {}
extension Int: ParameterValue {}
extension Int8: ParameterValue {}
extension Int16: ParameterValue {}
extension Int32: ParameterValue {}
extension Int64: ParameterValue {}
extension UInt: ParameterValue {}
extension UInt8: ParameterValue {}
extension UInt16: ParameterValue {}
extension UInt32: ParameterValue {}
extension UInt64: ParameterValue {}

extension Double: ParameterValue {
    /// A number; neither "nan" nor "inf", with which nothing can be computed or compared.
    public init?(parameter text: String) {
        guard let number = Self(text), number.isFinite else { return nil }
        self = number
    }
}

extension Float: ParameterValue {
    /// A number; neither "nan" nor "inf", with which nothing can be computed or compared.
    public init?(parameter text: String) {
        guard let number = Self(text), number.isFinite else { return nil }
        self = number
    }
}

extension Bool: ParameterValue {
    /// "true", "1", "on" and "yes" are true; "false", "0", "off" and "no" are false, as forms send them.
    public init?(parameter text: String) {
        switch text.lowercased() {
        case "true", "1", "on", "yes": self = true
        case "false", "0", "off", "no": self = false
        default: return nil
        }
    }
}
