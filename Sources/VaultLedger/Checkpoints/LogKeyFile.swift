// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
package import SystemPackage
package import TransparencyLog

/// The key that signs checkpoints, as a file: one line in the form of Go's `note` package, `PRIVATE+KEY+name+id+key`.
package enum LogKeyFile {
    /// Reads a key that somebody else keeps, such as a credential of the service manager; nil where there is none.
    package static func read(_ path: FilePath) throws(LedgerError) -> NoteSigner? {
        let text: String
        do throws(Errno) {
            let line = try OwnedDescriptor.open(path).readPrefix(4096).prefix { $0 != UInt8(ascii: "\n") }
            text = String(decoding: line, as: UTF8.self)
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
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
        if let status = try? FileStatus(ofPath: directory.key), status.mode & 0o077 != 0 {
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
        _ = try? draft.unlink()
        let signer: NoteSigner
        do throws(NoteError) {
            signer = try NoteSigner(name: name)
        } catch {
            throw failure("\(error)", "name another one with audit.origin")
        }
        let file = try directory.open(draft, O_WRONLY | O_CREAT | O_EXCL)
        try directory.failing("write", directory.key) { () throws(Errno) in
            try file.writeAll([UInt8]("\(signer.text)\n".utf8).span)
            try file.synchronize()
            try draft.rename(to: directory.key)
        }
        try directory.synchronize()
        return signer
    }

    private static func failure(_ message: String, _ remedy: String) -> LedgerError {
        LedgerError(.directory, message, remedy: remedy)
    }
}
