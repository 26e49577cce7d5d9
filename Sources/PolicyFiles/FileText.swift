// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why a file or directory could not be read, as `open(2)` would have it.
struct FileFailure: Error {
    let path: String
    let reason: String
    /// Where that is another than to look at the path and who may read it.
    var remedy: String?

    init(path: String, errno code: CInt) {
        self.path = path
        reason = String(cString: strerror(code))
    }

    init(path: String, reason: String, remedy: String? = nil) {
        self.path = path
        self.reason = reason
        self.remedy = remedy
    }
}

/// Reads small files as a whole.
enum FileText {
    /// Throws when the file cannot be read, is no regular file, or is larger than `limit` bytes.
    static func bytes(path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw FileFailure(path: path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileFailure(path: path, reason: "Not a regular file") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure(path: path, errno: errno) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw FileFailure(path: path, reason: "Larger than \(limit) bytes")
            }
        }
    }

    /// As `bytes`; throws also when they are not UTF-8.
    static func text(path: String, limit: Int) throws(FileFailure) -> String {
        let bytes = try bytes(path: path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
            throw FileFailure(
                path: path, reason: isUTF16 ? "UTF-16, not UTF-8" : "Not UTF-8 (\(place(ofFirstWrongByte: bytes)))",
                remedy: isUTF16 ? "save it as UTF-8" : "save it as UTF-8, or remove the byte")
        }
        return text
    }

    /// Whether there is anything at a path, for all that can be told.
    static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 || errno != ENOENT }

    /// Whether a path leads to a directory; one that leads nowhere does not.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The line and the byte in it that are no UTF-8.
    private static func place(ofFirstWrongByte bytes: [UInt8]) -> String {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var line = 1
        var column = 1
        while case .valid(let scalar) = parser.parseScalar(from: &rest) {
            let isLineEnd = scalar.first == UInt8(ascii: "\n")
            line += isLineEnd ? 1 : 0
            column = isLineEnd ? 1 : column + scalar.count
        }
        return "line \(line), byte \(column)"
    }

    /// A name that is no text, as a shell would take it between `$'` and `'`.
    static func escaped(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            (0x20...0x7E).contains(byte)
                ? String(UnicodeScalar(byte)) : (byte < 0x10 ? "\\x0" : "\\x") + String(byte, radix: 16)
        }.joined()
    }

    /// The names of a directory's entries, sorted by their bytes. One that is not UTF-8 is passed over, unless it is
    /// visible and ends in `suffix`: then it throws.
    static func names(inDirectory path: String, suffix: String) throws(FileFailure) -> [String] {
        let suffix = Array(suffix.utf8)
        guard let directory = opendir(path) else { throw FileFailure(path: path, errno: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                guard errno == 0 else { throw FileFailure(path: path, errno: errno) }
                break
            }
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                // Under the text that this would be repaired to there is nothing.
                guard bytes.ends(with: suffix), bytes.first != UInt8(ascii: ".") else { continue }
                throw FileFailure(
                    path: "\(path)/\(escaped(bytes))", reason: "The name is not UTF-8", remedy: "rename the file")
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

extension [UInt8] {
    fileprivate func ends(with other: [UInt8]) -> Bool {
        count >= other.count && suffix(other.count).elementsEqual(other)
    }
}
