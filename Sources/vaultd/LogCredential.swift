// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TransparencyLog
import VaultLedger

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
