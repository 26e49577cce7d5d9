// SPDX-License-Identifier: Apache-2.0

import Crypto
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
        do {
            var files: [PolicyFile] = []
            var unread: [PolicyProblem] = []
            for name in try FileText.names(inDirectory: path, suffix: ".yaml") {
                let filePath = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
                if let why = PolicyFileName.whyNotRead(name, isDirectory: FileText.isDirectory(filePath)) {
                    unread.append(
                        PolicyProblem(
                            severity: .warning, path: filePath, line: 0, column: 0, message: why.message,
                            remedy: why.remedy))
                } else {
                    files.append(
                        PolicyFile(path: filePath, text: try FileText.text(path: filePath, limit: maximumFileSize)))
                }
            }
            return PolicyDirectory(path: path, files: files, unread: unread)
        } catch {
            throw PolicyProblem(error)
        }
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
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension PolicyFile {
    /// Reads one file. Throws when it cannot be read.
    package static func read(_ path: String) throws(PolicyProblem) -> PolicyFile {
        do {
            return PolicyFile(
                path: path, text: try FileText.text(path: path, limit: PolicyDirectory.maximumFileSize))
        } catch {
            throw PolicyProblem(error)
        }
    }
}

extension PolicyProblem {
    init(_ failure: FileFailure) {
        self.init(
            path: failure.path, line: 0, column: 0, message: failure.reason,
            remedy: failure.remedy ?? "check the path and who may read it")
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
}
