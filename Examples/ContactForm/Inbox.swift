import Foundation
import SAGI
import SAGIToolkit

/// The messages, each in a directory of its own.
struct Inbox: Sendable {
    let directory: String

    /// What is written beside the files.
    private struct Note: Encodable {
        var message: Message
        var files: [File]

        struct File: Encodable {
            /// The name that it has here: never the one that the client gave it.
            var name: String
            var originalName: String
            var type: String?
            var size: Int
        }
    }

    func add(_ message: Message, _ uploads: [Upload]) async throws {
        let folder = "\(directory)/\(UUID())"
        // The file system may make its callers wait, and the event loop must not.
        try await offLoop {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        var note = Note(message: message, files: [])
        for (index, upload) in uploads.enumerated() {
            let name = "file-\(index + 1)"
            try await upload.move(to: "\(folder)/\(name)")
            note.files.append(
                .init(
                    name: name, originalName: upload.filename, type: upload.contentType?.essence, size: upload.size))
        }
        // Last, and in one step: a message without this is not whole.
        let data = try JSONEncoder().encode(note)
        try await offLoop { try data.write(to: URL(fileURLWithPath: "\(folder)/message.json"), options: .atomic) }
    }
}
