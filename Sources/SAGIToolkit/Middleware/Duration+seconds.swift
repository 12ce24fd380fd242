extension Duration {
    /// Whole seconds, rounded up.
    var wholeSeconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds) + (attoseconds > 0 ? 1 : 0)
    }

    /// The number of times that `unit` fits in, with `digits` decimals, rounded: "1.500".
    func text(in unit: Duration, digits: Int) -> String {
        let scale = (0..<digits).reduce(Int128(1)) { scale, _ in scale * 10 }
        let scaled = (attoseconds * scale + unit.attoseconds / 2) / unit.attoseconds
        guard digits > 0 else { return String(scaled) }
        let decimals = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: digits - decimals.count) + decimals
    }
}
