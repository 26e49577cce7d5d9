// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import TransparencyLog
import VaultBroker
import VaultLedger

/// The credentials that the service manager handed over (`CREDENTIALS_DIRECTORY`). They belong to whom it started: a
/// daemon that goes on as somebody else reads them before.
struct CredentialReader {
    private let directory = Environment["CREDENTIALS_DIRECTORY"]
    /// No credential of systemd's is larger.
    private static let sizeLimit = 1 << 20

    /// - Parameter user: as whom the daemon goes on; nil if it stays who it is, and can read them whenever it needs one.
    func read(before user: RunAsUser?) throws(StartFailure) -> Credentials? {
        guard let directory else { return nil }
        guard user != nil else { return .directory(directory) }
        let names = try StartFailure.reporting(
            "cannot read '\(directory)' ($CREDENTIALS_DIRECTORY)",
            remedy: "check the directory, or unset CREDENTIALS_DIRECTORY"
        ) { () throws(Errno) in try FilePath(directory).entryNames().map { String(decoding: $0, as: UTF8.self) } }
        var contents: [String: [UInt8]] = [:]
        for name in names {
            contents[name] = try StartFailure.reporting(
                "cannot read the credential '\(name)' in '\(directory)'",
                remedy: "check who may read it, or unset CREDENTIALS_DIRECTORY"
            ) { () throws(Errno) in
                let file = try OwnedDescriptor.open(
                    FilePath(directory).appending(name), flags: O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)
                return try FileStatus(of: file).kind == .regular ? try file.readAll(limit: Self.sizeLimit) : nil
            }
        }
        return .contents(contents)
    }

    /// The log's key where the service manager keeps it: the credential `log.key` (`LoadCredential=log.key:…`). Nil
    /// where there is none; the key is then `STATE/log.key`.
    func logKey() throws(StartFailure) -> NoteSigner? {
        guard let directory else { return nil }
        do {
            return try LogKeyFile.read(FilePath(directory).appending("log.key"))
        } catch {
            throw StartFailure(message: error.message, remedy: error.remedy)
        }
    }
}
