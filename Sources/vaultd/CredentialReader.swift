// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TransparencyLog
import VaultBroker
import VaultLedger

/// The credentials that the service manager handed over (`CREDENTIALS_DIRECTORY`). They belong to whom it started: a
/// daemon that goes on as somebody else reads them before.
struct CredentialReader {
    private let directory: String?
    /// No credential of systemd's is larger.
    private static let sizeLimit = 1 << 20

    init(_ environment: Environment) {
        directory = environment["CREDENTIALS_DIRECTORY"]
    }

    /// - Parameter user: as whom the daemon goes on; nil if it stays who it is, and can read them whenever it needs one.
    func read(before user: RunAsUser?) throws(StartFailure) -> Credentials? {
        guard let directory else { return nil }
        guard user != nil else { return .directory(directory) }
        var contents: [String: [UInt8]] = [:]
        for name in try names(in: directory) {
            do throws(Errno) {
                let file = try OwnedDescriptor.open(
                    FilePath(directory).appending(name), flags: O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)
                guard try FileStatus(of: file).mode & UInt32(S_IFMT) == UInt32(S_IFREG) else { continue }
                contents[name] = try file.readAll(limit: Self.sizeLimit)
            } catch {
                throw StartFailure(
                    message: "cannot read the credential '\(name)' in '\(directory)': \(error)",
                    remedy: "check who may read it, or unset CREDENTIALS_DIRECTORY")
            }
        }
        return .contents(contents)
    }

    private func names(in directory: String) throws(StartFailure) -> [String] {
        do throws(Errno) {
            return try FilePath(directory).entryNames().map { String(decoding: $0, as: UTF8.self) }
        } catch {
            throw StartFailure(
                message: "cannot read '\(directory)' ($CREDENTIALS_DIRECTORY): \(error)",
                remedy: "check the directory, or unset CREDENTIALS_DIRECTORY")
        }
    }
}

/// The log's key where the service manager keeps it: the credential `log.key` (`LoadCredential=log.key:…`).
struct LogCredential {
    private let directory: String?

    init(_ environment: Environment) {
        directory = environment["CREDENTIALS_DIRECTORY"]
    }

    /// Nil where there is none; the key is then `STATE/log.key`.
    func read() throws(StartFailure) -> NoteSigner? {
        guard let directory else { return nil }
        do {
            return try LogKeyFile.read(FilePath(directory).appending("log.key"))
        } catch {
            throw StartFailure(message: error.message, remedy: error.remedy)
        }
    }
}
