// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Why a file or directory could not be read, as `open(2)` would have it.
struct FileFailure: Error {
    let path: String
    let reason: String
    /// Where that is another than to look at the path and who may read it.
    var remedy: String?

    init(path: String, _ error: Errno) {
        self.init(path: path, reason: error.description)
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
        let bytes: [UInt8]
        do throws(Errno) {
            let file = try OwnedDescriptor.open(FilePath(path), flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
            guard try FileStatus(of: file).kind == .regular else { throw .invalidArgument }
            bytes = try file.readAll(limit: limit)
        } catch {
            switch error {
            case .invalidArgument: throw FileFailure(path: path, reason: "Not a regular file")
            case .fileTooLarge: throw FileFailure(path: path, reason: "Larger than \(limit) bytes")
            default: throw FileFailure(path: path, error)
            }
        }
        return bytes
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
    static func isThere(_ path: String) -> Bool {
        do throws(Errno) {
            _ = try FileStatus(ofPath: FilePath(path))
            return true
        } catch {
            return error != .noSuchFileOrDirectory
        }
    }

    /// Whether a path leads to a directory; one that leads nowhere does not.
    static func isDirectory(_ path: String) -> Bool {
        (try? FileStatus(ofPath: FilePath(path)).kind) == .directory
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
        let entries: [[UInt8]]
        do throws(Errno) {
            entries = try FilePath(path).entryNames()
        } catch {
            throw FileFailure(path: path, error)
        }
        var names: [String] = []
        for bytes in entries {
            guard let name = String(validating: bytes, as: UTF8.self) else {
                // Under the text that this would be repaired to there is nothing.
                guard bytes.ends(with: suffix), bytes.first != UInt8(ascii: ".") else { continue }
                throw FileFailure(
                    path: "\(path)/\(escaped(bytes))", reason: "The name is not UTF-8", remedy: "rename the file")
            }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

extension [UInt8] {
    fileprivate func ends(with other: [UInt8]) -> Bool {
        count >= other.count && suffix(other.count).elementsEqual(other)
    }
}
