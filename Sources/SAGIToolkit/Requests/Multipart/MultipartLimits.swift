/// How much of a `multipart/form-data` request is taken. Each limit acts as bytes arrive, before the reader sees what
/// goes beyond it, and is answered with 413.
///
/// | limit | default | of |
/// |---|---|---|
/// | ``totalBytes`` | 1 GiB | the whole content, with everything between the parts |
/// | ``parts`` | 1000 | all parts |
/// | ``fields`` | 1000 | the parts that are no files |
/// | ``files`` | 100 | the parts that are files |
/// | ``fieldBytes`` | 1 MiB | the content of one field |
/// | ``fileBytes`` | 100 MiB | the content of one file |
/// | ``headerBytes`` | 8 KiB | the header section of one part |
/// | ``headerFields`` | 16 | the header fields of one part |
/// | ``memory`` | 4 MiB | what ``Request/formData(_:spoolingAbove:in:)`` holds in memory |
///
/// A server has a limit of its own for the content of a request, which may be lower.
public struct MultipartLimits: Sendable, Hashable {
    /// The greatest number of bytes of the whole content.
    public var totalBytes = 1 << 30
    /// The greatest number of parts.
    public var parts = 1000
    /// The greatest number of parts that are no files.
    public var fields = 1000
    /// The greatest number of parts that are files.
    public var files = 100
    /// The greatest number of bytes of a field.
    public var fieldBytes = 1 << 20
    /// The greatest number of bytes of a file.
    public var fileBytes = 100 << 20
    /// The greatest number of bytes of the header section of a part, with the ends of its lines.
    public var headerBytes = 8 << 10
    /// The greatest number of header fields of a part.
    public var headerFields = 16
    /// The greatest number of bytes that fields, heads of parts and small files hold in memory together. Files go to
    /// disk rather than beyond it.
    public var memory = 4 << 20

    /// The default limits.
    public init() {}

    /// The default limits, changed.
    ///
    /// ```swift
    /// request.multipart(MultipartLimits { $0.files = 1 })
    /// ```
    public init(_ change: (inout MultipartLimits) -> Void) { change(&self) }
}
