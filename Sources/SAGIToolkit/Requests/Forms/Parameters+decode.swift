extension Parameters {
    /// The parameters as a value.
    ///
    /// ```swift
    /// struct Search: Decodable {
    ///     var text: String
    ///     var page: Int?
    ///     var tags: [String]
    ///     var price: Range
    /// }
    /// // text=tea&page=2&tags=green&tags=loose&price.from=3&price[to]=9
    /// let search = try request.query.decode(Search.self)
    /// ```
    ///
    /// - A name goes into a structure with `a.b` or `a[b]`, at most 16 deep.
    /// - An array is made of all values of a name (`a=1&a=2`, `a[]=1&a[]=2`) or of numbered ones (`a[0].b=1`), in the
    ///   order of their numbers. Numbers that are left out leave no holes. `a[]` goes on after the greatest number so
    ///   far. An array or set of which nothing was sent is empty.
    /// - Of several values for one that is no array the last counts, so that a hidden field can stand before a check
    ///   box.
    /// - An empty value is `nil` for an optional that is no `String`, as an empty number field sends it.
    /// - `Bool` reads as `Bool(parameter:)` does; dates are ISO 8601; a type that is ``ParameterValue``
    ///   reads itself.
    /// - Parameters that `type` does not ask for are passed over.
    ///
    /// - Throws: ``HTTPError`` 400 with the name of the parameter that is missing or not valid.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try ParameterDecoder(node: ParameterNode(self), codingPath: []).decode(type)
    }
}
