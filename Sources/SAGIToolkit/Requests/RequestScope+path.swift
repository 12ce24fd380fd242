import HTTPSemantics
public import SAGI

extension RequestScope {
    /// Changes both ``rawPath`` and, decoded, ``path``: for a layer that rewrites paths.
    public mutating func setPath(_ raw: String) {
        rawPath = raw
        path = PercentCoding.decode(raw)
    }
}
