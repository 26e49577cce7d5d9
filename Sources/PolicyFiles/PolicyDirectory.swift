// SPDX-License-Identifier: Apache-2.0

import Crypto
import Descriptors
import Glibc
import SystemPackage
import VaultModel

/// The policy files of a directory: every `*.yaml` in it that is not hidden, in the order of the names, and what lies
/// beside them and is passed over.
package struct PolicyDirectory: Sendable, Equatable {
    /// The largest file that is read, in bytes.
    package static let maximumFileSize = 16 << 20

    package let path: String
    package let files: [PolicyFile]

    /// A warning for each entry that is not read: another ending, an editor's copy, a hidden file, a directory.
    package let unread: [PolicyProblem]

    /// The SHA-256 of names and contents, in hexadecimal digits: whether the directory is as it was.
    package let sha256: String

    /// Reads the directory. Throws when it is missing, or when it or one of its files cannot be read: what cannot be
    /// read is never taken for an empty policy.
    package static func read(_ path: String) throws(PolicyProblem) -> PolicyDirectory {
        var files: [PolicyFile] = []
        var unread: [PolicyProblem] = []
        for name in try FileText.names(inDirectory: path, suffix: ".yaml") {
            let filePath = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            if let why = PolicyFileName.whyNotRead(name, isDirectory: FileText.isDirectory(filePath)) {
                unread.append(
                    PolicyProblem(
                        severity: .warning, path: filePath, line: 0, column: 0, message: why.message, remedy: why.remedy
                    ))
            } else {
                files.append(try PolicyFile.read(filePath))
            }
        }
        return PolicyDirectory(path: path, files: files, unread: unread)
    }

    /// Whether there is anything of that name.
    package static func isThere(_ path: String) -> Bool { FileText.isThere(path) }

    private init(path: String, files: [PolicyFile], unread: [PolicyProblem]) {
        self.path = path
        self.files = files
        self.unread = unread
        sha256 = Self.hash(of: files)
    }

    /// What ``sha256`` is for a directory that holds just these files: it is about their names, not where they lie.
    package static func hash(of files: [PolicyFile]) -> String {
        var hash = SHA256()
        for file in files {
            let name = file.path.utf8.split(separator: UInt8(ascii: "/")).last ?? ""[...].utf8
            for part in [Array(name), Array(file.text.utf8)] {
                withUnsafeBytes(of: UInt64(part.count).bigEndian) { hash.update(bufferPointer: $0) }
                hash.update(data: part)
            }
        }
        return hash.finalize().map { pad($0, 2, radix: 16) }.joined()
    }
}

extension PolicyFile {
    /// Reads one file. Throws when it cannot be read.
    package static func read(_ path: String) throws(PolicyProblem) -> PolicyFile {
        PolicyFile(path: path, text: try FileText.text(path: path, limit: PolicyDirectory.maximumFileSize))
    }
}

/// A policy file that was read, or came over the socket.
package struct PolicyFile: Sendable, Equatable {
    package var path: String
    package var text: String

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.path.isSame(as: right.path) && left.text.isSame(as: right.text)
    }
}

/// Reads small files as a whole.
enum FileText {
    /// Throws when the file cannot be read, is no regular file, or is larger than `limit` bytes.
    static func bytes(path: String, limit: Int) throws(PolicyProblem) -> [UInt8] {
        do throws(Errno) {
            let file = try OwnedDescriptor.open(FilePath(path), flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
            guard try FileStatus(of: file).kind == .regular else { throw .invalidArgument }
            return try file.readAll(limit: limit)
        } catch .invalidArgument {
            throw unreadable(path, "Not a regular file")
        } catch .fileTooLarge {
            throw unreadable(path, "Larger than \(limit) bytes")
        } catch {
            throw unreadable(path, error.description)
        }
    }

    /// Why a file or directory could not be read, as `open(2)` would have it.
    private static func unreadable(
        _ path: String, _ reason: String, remedy: String = "check the path and who may read it"
    ) -> PolicyProblem {
        PolicyProblem(path: path, line: 0, column: 0, message: reason, remedy: remedy)
    }

    /// As `bytes`; throws also when they are not UTF-8.
    static func text(path: String, limit: Int) throws(PolicyProblem) -> String {
        let bytes = try bytes(path: path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
            throw unreadable(
                path, isUTF16 ? "UTF-16, not UTF-8" : "Not UTF-8 (\(place(ofFirstWrongByte: bytes)))",
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
                ? String(UnicodeScalar(byte)) : "\\x" + pad(byte, 2, radix: 16)
        }.joined()
    }

    /// The names of a directory's entries, sorted by their bytes. One that is not UTF-8 is passed over, unless it is
    /// visible and ends in `suffix`: then it throws.
    static func names(inDirectory path: String, suffix: String) throws(PolicyProblem) -> [String] {
        let suffix = Array(suffix.utf8)
        let entries: [[UInt8]]
        do throws(Errno) {
            entries = try FilePath(path).entryNames()
        } catch {
            throw unreadable(path, error.description)
        }
        var names: [String] = []
        for bytes in entries {
            guard let name = String(validating: bytes, as: UTF8.self) else {
                // Under the text that this would be repaired to there is nothing.
                guard bytes.ends(with: suffix), bytes.first != UInt8(ascii: ".") else { continue }
                throw unreadable("\(path)/\(escaped(bytes))", "The name is not UTF-8", remedy: "rename the file")
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
