/// The codes of Close frames (RFC 6455 §7.4).
package enum CloseCode {
    package static let normal: UInt16 = 1000
    package static let goingAway: UInt16 = 1001
    package static let protocolError: UInt16 = 1002
    /// Reported for a Close frame without a code; never sent.
    package static let noStatus: UInt16 = 1005
    /// Reported for a connection that ended without a Close frame; never sent.
    package static let abnormal: UInt16 = 1006
    package static let internalError: UInt16 = 1011
    package static let serviceRestart: UInt16 = 1012

    /// Whether the code may stand in a Close frame: those that RFC 6455 §7.4.1 and IANA's registry define for the
    /// wire, and those for libraries and applications (§7.4.2).
    package static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The longest reason that fits into a Close frame beside the code, in bytes of UTF-8 (§5.5).
    package static let longestReason = 123
}
