import Foundation

/// What a client of a ``Chat`` sends.
struct ChatCommand: Decodable {
    var type: String
    var room: String?
    var nick: String?
    var text: String?

    /// - Throws: ``ChatRefusal``.
    init(_ message: WebSocket.Message) throws {
        guard let text = message.text else { throw ChatRefusal("A message is text, with a JSON object in it.") }
        do {
            self = try JSONDecoder().decode(ChatCommand.self, from: Data(text.utf8))
        } catch {
            throw ChatRefusal("That is not a JSON object with a \"type\".")
        }
    }
}

/// What a client of a ``Chat`` gets.
struct ChatEvent: Encodable {
    var type: String
    var room: String?
    var nick: String?
    var old: String?
    var text: String?
    var time: String?
    var users: [String]?
    var rooms: [Room]?

    struct Room: Encodable, Equatable {
        var room: String
        var users: Int
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    static func said(_ text: String, by nick: String, in room: String) -> ChatEvent {
        let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        return ChatEvent(type: "message", room: room, nick: nick, text: text, time: time)
    }
}

/// Why a client does not get what it asks for, as a sentence for it.
struct ChatRefusal: Error {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}

/// What users and rooms are called.
enum ChatName {
    static let maxLength = 20

    static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        return !bytes.isEmpty && bytes.count <= maxLength
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// - Throws: ``ChatRefusal``.
    static func check(_ name: String?, _ what: String) throws -> String {
        guard let name else { throw ChatRefusal("The name of a \(what) is missing.") }
        guard isValid(name) else {
            throw ChatRefusal("The name of a \(what) has 1 to \(maxLength) letters, digits, \"-\" and \"_\".")
        }
        return name
    }
}
