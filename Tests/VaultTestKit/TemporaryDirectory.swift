// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
package import SystemPackage

/// A directory with a short path, for the sockets in it, which is removed with everything in it when the last
/// reference goes. Mode 0700 unless `mode` says otherwise.
package final class TemporaryDirectory: Sendable {
    package let path: FilePath

    package init(mode: UInt32 = 0o700) throws(Errno) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/vault-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        guard path.withPlatformString({ chmod($0, mode_t(mode)) }) == 0 else { throw Errno(rawValue: errno) }
    }

    /// The path of a name in it.
    package func path(_ name: String) -> FilePath { path.appending(name) }

    /// Writes a file.
    @discardableResult
    package func write(_ text: String, to name: String, mode: UInt32 = 0o600) throws(Errno) -> FilePath {
        let file = try OwnedDescriptor.open(path(name), flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try file.writeAll(Array(text.utf8).span)
        // Against the umask.
        guard file.withUnsafeNumber({ fchmod($0, mode_t(mode)) }) == 0 else { throw Errno(rawValue: errno) }
        return path(name)
    }

    /// The contents of a file.
    package func read(_ name: String) throws(Errno) -> String {
        String(decoding: try OwnedDescriptor.open(path(name)).readAll(limit: 1 << 28), as: UTF8.self)
    }

    /// The names in it, sorted.
    package func names() -> [String] { directoryEntries(path).sorted() }

    deinit {
        removeTree(path)
    }
}

/// The names in a directory, without `.` and `..`; none if it cannot be read.
package func directoryEntries(_ path: FilePath) -> [String] {
    guard let directory = path.withPlatformString({ opendir($0) }) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// Removes a file, or a directory with all that is in it; links are removed, not followed.
package func removeTree(_ path: FilePath) {
    guard path.withPlatformString({ unlink($0) }) != 0 else { return }
    for name in directoryEntries(path) { removeTree(path.appending(name)) }
    _ = path.withPlatformString { rmdir($0) }
}
