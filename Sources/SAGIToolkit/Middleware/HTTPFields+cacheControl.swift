import HTTPTypes

extension HTTPFields {
    /// Whether `Cache-Control` has a directive of that name, which is in lower case (RFC 9111 §5.2).
    func hasCacheDirective(_ name: String) -> Bool {
        guard let control = self[.cacheControl] else { return false }
        return control.split(separator: ",").contains { directive in
            directive.prefix { $0 != "=" }.filter { $0 != " " && $0 != "\t" }.lowercased() == name
        }
    }
}
