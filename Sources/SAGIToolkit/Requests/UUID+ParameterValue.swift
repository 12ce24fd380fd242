#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension UUID: ParameterValue {
    public init?(parameter text: String) { self.init(uuidString: text) }
}
