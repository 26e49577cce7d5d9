// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why a file or directory could not be read, as `open(2)` would have it.
struct FileFailure: Error {
    let path: String
    let reason: String

    init(path: String, errno code: CInt) {
        self.path = path
        reason = String(cString: strerror(code))
    }

    init(path: String, reason: String) {
        self.path = path
        self.reason = reason
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
        guard let text = String(validating: try bytes(path: path, limit: limit), as: UTF8.self) else {
            throw FileFailure(path: path, reason: "Not UTF-8")
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

    /// The names of a directory's entries, sorted by their bytes.
    static func names(inDirectory path: String) throws(FileFailure) -> [String] {
        guard let directory = opendir(path) else { throw FileFailure(path: path, errno: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                guard errno == 0 else { throw FileFailure(path: path, errno: errno) }
                break
            }
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
