package import HTTPSemantics

/// A field of a list that was decoded.
package struct DecodedField: Sendable, Equatable, BitwiseCopyable {
    /// Where the name and the value are in the head's bytes.
    package var name: RequestHead.Slice
    package var value: RequestHead.Slice
    /// The first entry of the static table that has this name; zero when none has it. So a name in the table need not
    /// be compared: it is known however it was sent.
    package var staticIndex: UInt8
    /// The entry of the static table that was sent as this field; zero when it was sent in another way.
    package var wholeStaticIndex: UInt8
    package var facts: FieldFacts
}
