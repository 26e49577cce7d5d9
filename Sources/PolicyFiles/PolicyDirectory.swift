// SPDX-License-Identifier: Apache-2.0

import Crypto
import VaultModel

/// The policy files of a directory: every `*.yaml` in it that is not hidden, in the order of the names.
package struct PolicyDirectory: Sendable, Equatable {
    /// The largest file that is read, in bytes.
    package static let maximumFileSize = 16 << 20

    package let path: String
    package let files: [PolicyFile]

    /// The SHA-256 of names and contents, in hexadecimal digits: whether the directory is as it was.
    package let sha256: String

    /// Reads the directory. Throws when it is missing, or when it or one of its files cannot be read: what cannot be
    /// read is never taken for an empty policy.
    package static func read(_ path: String) throws(PolicyProblem) -> PolicyDirectory {
        do {
            var files: [PolicyFile] = []
            for name in try FileText.names(inDirectory: path) where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
                let filePath = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
                files.append(
                    PolicyFile(path: filePath, text: try FileText.text(path: filePath, limit: maximumFileSize)))
            }
            return PolicyDirectory(path: path, files: files)
        } catch {
            throw PolicyProblem(error)
        }
    }

    private init(path: String, files: [PolicyFile]) {
        self.path = path
        self.files = files
        var hash = SHA256()
        for file in files {
            let name = file.path.split(separator: "/").last ?? ""
            for part in [Array(name.utf8), Array(file.text.utf8)] {
                withUnsafeBytes(of: UInt64(part.count).bigEndian) { hash.update(bufferPointer: $0) }
                hash.update(data: part)
            }
        }
        sha256 = hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
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
            remedy: "check the path and who may read it")
    }
}
