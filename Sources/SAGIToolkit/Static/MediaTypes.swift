/// Media types by file name extension.
struct MediaTypes: Sendable {
    private let added: [String: String]

    /// `added` come before those in the table. Keys are in lower case, without the dot.
    init(adding added: [String: String] = [:]) { self.added = added }

    /// The value of `Content-Type`. Text is said to be UTF-8; what has no known extension is
    /// `application/octet-stream`, which a browser saves and does not try to understand.
    func type(ofFileNamed name: String) -> String {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return Self.unknown }
        let suffix = name[name.utf8.index(after: dot)...].lowercased()
        guard let type = added[suffix] ?? Self.table[suffix] else { return Self.unknown }
        return type.hasPrefix("text/") && !type.utf8.contains(UInt8(ascii: ";")) ? "\(type); charset=utf-8" : type
    }

    private static let unknown = "application/octet-stream"

    private static let table: [String: String] = [
        // Pages and what they are made of.
        "html": "text/html", "htm": "text/html", "xhtml": "application/xhtml+xml", "css": "text/css",
        "js": "text/javascript", "mjs": "text/javascript", "cjs": "text/javascript", "wasm": "application/wasm",
        "json": "application/json", "map": "application/json", "jsonld": "application/ld+json",
        "geojson": "application/geo+json", "ndjson": "application/x-ndjson", "jsonl": "application/jsonl",
        "webmanifest": "application/manifest+json", "importmap": "application/importmap+json",
        "xml": "application/xml", "xsl": "application/xslt+xml", "xslt": "application/xslt+xml",
        "xsd": "application/xml", "dtd": "application/xml-dtd", "rss": "application/rss+xml",
        "atom": "application/atom+xml", "gpx": "application/gpx+xml", "kml": "application/vnd.google-earth.kml+xml",
        "kmz": "application/vnd.google-earth.kmz", "mathml": "application/mathml+xml",
        // Text.
        "txt": "text/plain", "text": "text/plain", "log": "text/plain", "conf": "text/plain", "ini": "text/plain",
        "md": "text/markdown", "markdown": "text/markdown", "csv": "text/csv", "tsv": "text/tab-separated-values",
        "ics": "text/calendar", "vcf": "text/vcard", "vtt": "text/vtt", "srt": "text/plain", "rst": "text/plain",
        "yaml": "application/yaml", "yml": "application/yaml", "toml": "application/toml",
        "sql": "application/sql", "rtf": "application/rtf", "tex": "application/x-tex",
        "diff": "text/x-diff", "patch": "text/x-diff", "swift": "text/x-swift", "c": "text/x-c", "h": "text/x-c",
        "cc": "text/x-c++", "cpp": "text/x-c++", "hpp": "text/x-c++", "py": "text/x-python", "rb": "text/x-ruby",
        "rs": "text/x-rust", "go": "text/x-go", "java": "text/x-java", "sh": "text/x-sh", "pl": "text/x-perl",
        // Images.
        "png": "image/png", "apng": "image/apng", "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg",
        "gif": "image/gif", "webp": "image/webp", "avif": "image/avif", "heic": "image/heic", "heif": "image/heif",
        "jxl": "image/jxl", "svg": "image/svg+xml", "ico": "image/vnd.microsoft.icon", "bmp": "image/bmp",
        "tif": "image/tiff", "tiff": "image/tiff", "psd": "image/vnd.adobe.photoshop", "jp2": "image/jp2",
        // Sound.
        "mp3": "audio/mpeg", "m4a": "audio/mp4", "aac": "audio/aac", "oga": "audio/ogg", "ogg": "audio/ogg",
        "opus": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav", "weba": "audio/webm", "mid": "audio/midi",
        "midi": "audio/midi", "aif": "audio/aiff", "aiff": "audio/aiff",
        // Moving pictures.
        "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg", "mov": "video/quicktime",
        "avi": "video/x-msvideo", "mkv": "video/matroska", "mpeg": "video/mpeg", "mpg": "video/mpeg",
        "3gp": "video/3gpp", "3g2": "video/3gpp2", "ts": "video/mp2t", "m3u8": "application/vnd.apple.mpegurl",
        "mpd": "application/dash+xml", "m3u": "audio/mpegurl",
        // Fonts.
        "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf", "ttc": "font/collection",
        "eot": "application/vnd.ms-fontobject",
        // Documents.
        "pdf": "application/pdf", "ps": "application/postscript", "eps": "application/postscript",
        "epub": "application/epub+zip", "doc": "application/msword", "xls": "application/vnd.ms-excel",
        "ppt": "application/vnd.ms-powerpoint",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "odp": "application/vnd.oasis.opendocument.presentation",
        // Archives and programs.
        "zip": "application/zip", "gz": "application/gzip", "tgz": "application/gzip", "bz2": "application/x-bzip2",
        "xz": "application/x-xz", "zst": "application/zstd", "br": "application/octet-stream",
        "tar": "application/x-tar", "7z": "application/x-7z-compressed", "rar": "application/vnd.rar",
        "jar": "application/java-archive", "deb": "application/vnd.debian.binary-package",
        "rpm": "application/x-rpm", "apk": "application/vnd.android.package-archive",
        "dmg": "application/x-apple-diskimage", "iso": "application/x-iso9660-image",
        "sqlite": "application/vnd.sqlite3", "torrent": "application/x-bittorrent",
        // Three dimensions, certificates and the rest.
        "glb": "model/gltf-binary", "gltf": "model/gltf+json", "stl": "model/stl", "obj": "model/obj",
        "usdz": "model/vnd.usdz+zip", "pem": "application/x-pem-file", "crt": "application/x-x509-ca-cert",
        "der": "application/x-x509-ca-cert", "p12": "application/x-pkcs12", "asc": "application/pgp-keys",
        "sig": "application/pgp-signature", "eml": "message/rfc822", "parquet": "application/vnd.apache.parquet",
        "bin": "application/octet-stream", "exe": "application/vnd.microsoft.portable-executable",
    ]
}
