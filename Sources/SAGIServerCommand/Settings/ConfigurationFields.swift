import Logging
import SAGIServer

/// The fields of a configuration, found by reflection so that none is forgotten.
enum ConfigurationFields {
    /// The values of all fields by their paths, such as ".limits.body"; a field of a list has one for each element.
    static func values(of configuration: ServerConfiguration) -> [String: [String]] {
        var values: [String: [String]] = [:]
        collect(configuration, "", into: &values)
        return values
    }

    /// Writes a line for each field: with them an operator sees that all processes of a program have been told the same.
    static func trace(_ configuration: ServerConfiguration, _ logger: Logger) {
        guard logger.logLevel <= .trace else { return }
        for (path, values) in values(of: configuration).sorted(by: { $0.key < $1.key }) {
            let shown = values.map { isSecret(path) && $0 != "nil" ? "***" : $0 }
            logger.trace("configuration \(path.dropFirst()) = \(shown.joined(separator: ", "))")
        }
    }

    private static func isSecret(_ path: String) -> Bool { path.hasSuffix("Password") }

    private static func collect(_ value: Any, _ path: String, into values: inout [String: [String]]) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .struct where !(value is Duration) && !mirror.children.isEmpty:
            for child in mirror.children { collect(child.value, "\(path).\(child.label ?? "?")", into: &values) }
        case .collection where !(value is [String]):
            for child in mirror.children { collect(child.value, path, into: &values) }
        case .optional:
            guard let child = mirror.children.first else {
                values[path, default: []].append("nil")
                return
            }
            collect(child.value, path, into: &values)
        default:
            values[path, default: []].append(String(describing: value))
        }
    }
}
