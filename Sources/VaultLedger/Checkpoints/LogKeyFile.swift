// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SystemPackage
package import TransparencyLog

/// The key that signs checkpoints, as a file: one line in the form of Go's `note` package, `PRIVATE+KEY+name+id+key`.
package enum LogKeyFile {
    /// Reads a key that somebody else keeps, such as a credential of the service manager; nil where there is none.
    package static func read(_ path: FilePath) throws(LedgerError) -> NoteSigner? {
        let text: String
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            defer { try? file.close() }
            text = try read(file)
        } catch {
            if error as? Errno == .noSuchFileOrDirectory { return nil }
            throw failure("cannot read the signing key \(path): \(error)", "check the file and who may read it")
        }
        do {
            let signer = try NoteSigner(text)
            guard signer.key.algorithm == .ed25519 else {
                throw failure("the signing key \(path) is one of a witness", "put the log's own key there")
            }
            return signer
        } catch {
            if let error = error as? LedgerError { throw error }
            throw failure("the signing key \(path) cannot be used: \(error)", "put back the key that was there")
        }
    }

    /// Reads `STATE/log.key`, which nobody but its owner may read; nil where there is none.
    static func read(in directory: StateDirectory) throws(LedgerError) -> NoteSigner? {
        var status = stat()
        if directory.key.withPlatformString({ stat($0, &status) }) == 0, status.st_mode & 0o077 != 0 {
            throw failure(
                "the signing key \(directory.key) may be used by others than its owner", "chmod 600 \(directory.key)")
        }
        return try read(directory.key)
    }

    /// Makes a key and stores it as `STATE/log.key`.
    ///
    /// It is written to another file, synchronised, renamed, and the directory synchronised: after a crash there is the
    /// whole key or none, and nothing was signed with one that is not there any more.
    static func make(named name: String, in directory: StateDirectory) throws(LedgerError) -> NoteSigner {
        let draft = directory.path.appending("log.key.new")
        _ = draft.withPlatformString { unlink($0) }
        do {
            let signer = try NoteSigner(name: name)
            let file = try directory.open(
                draft, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow])
            defer { try? file.close() }
            try file.writeAll("\(signer.text)\n".utf8)
            guard fsync(file.rawValue) == 0,
                draft.withPlatformString({ old in directory.key.withPlatformString { rename(old, $0) } }) == 0
            else {
                throw Errno(rawValue: errno)
            }
            try directory.synchronize()
            return signer
        } catch {
            if let error = error as? LedgerError { throw error }
            if let error = error as? NoteError { throw failure("\(error)", "name another one with audit.origin") }
            throw directory.failure("write", directory.key, error as? Errno)
        }
    }

    private static func read(_ file: FileDescriptor) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
        let line = bytes[..<count].split(separator: UInt8(ascii: "\n"), maxSplits: 1).first ?? []
        return String(decoding: line, as: UTF8.self)
    }

    private static func failure(_ message: String, _ remedy: String) -> LedgerError {
        LedgerError(.directory, message, remedy: remedy)
    }
}
