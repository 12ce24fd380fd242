import HTTPSemantics
import HTTPTypes
import SAGI

extension Request {
    /// The media type that the client wants most of those that the application has (RFC 9110 §12.5.1).
    ///
    /// ```swift
    /// switch request.accepts(["application/json", "text/html"]) {
    /// case "text/html": …
    /// case "application/json": …
    /// default: throw HTTPError(.notAcceptable)
    /// }
    /// ```
    ///
    /// Each type has the weight of the most specific range that holds it, so that `text/html;q=0, */*` refuses HTML.
    /// Of types with the same weight the first of `types` wins, and without an `Accept` that says anything the first
    /// one. A response that depends on this has `Vary: Accept`.
    ///
    /// - Parameter types: what can be sent, with parameters or without, the best first.
    /// - Returns: one of `types` as it is written there; `nil` when the client accepts none.
    public func accepts(_ types: [String]) -> String? {
        guard let field = self[.accept] else { return types.first }
        let list = QualityList(field)
        guard !list.items.isEmpty else { return types.first }
        var best: (type: String, quality: Int)?
        for type in types {
            let quality = list.quality(ofMediaType: type)
            if quality > best?.quality ?? 0 { best = (type, quality) }
        }
        return best?.type
    }

    /// The language that suits the client best of those that the application has (RFC 4647 §3.4, "lookup").
    ///
    /// "de-AT" is served with "de", but "de" not with "de-AT": have a tag without a region. Without an
    /// `Accept-Language` that says anything the first of `tags` wins. A response that depends on this has
    /// `Vary: Accept-Language`.
    ///
    /// - Parameter tags: what can be sent, such as "en" and "pt-BR", the best first.
    /// - Returns: one of `tags` as it is written there; `nil` when none suits, and some default is to be sent.
    public func acceptsLanguage(_ tags: [String]) -> String? {
        guard let field = self[.acceptLanguage], !QualityList(field).items.isEmpty else { return tags.first }
        return LanguageLookup(field).best(of: tags)
    }
}
