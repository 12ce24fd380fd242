import HTTPSemantics
import SAGI

extension RequestScope {
    /// Takes the last header field out of the request itself. For the server's side, before an application has seen
    /// the scope.
    func removeLastHeaderField() {
        storage.contents.pointee.head.fields.removeLast()
    }
}
