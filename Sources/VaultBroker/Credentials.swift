// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// The secrets that the service manager handed over.
package enum Credentials: Sendable {
    /// In files of this directory (`$CREDENTIALS_DIRECTORY`), which the broker can read.
    case directory(String)
    /// Read at the start, since the broker goes on as a user who cannot.
    case contents([String: [UInt8]])

    /// Which file one lies in now; nil for one that was read at the start. Blocks.
    ///
    /// - Throws: `EINVAL` for what is no regular file.
    func status(of name: String) throws(Errno) -> FileStatus? {
        guard case .directory(let directory) = self else { return nil }
        let status = try FileStatus(ofPath: FilePath("\(directory)/\(name)"), followingLinks: false)
        guard status.kind == .regular else { throw .invalidArgument }
        return status
    }

    /// What one holds. Blocks.
    ///
    /// - Throws: `ENOENT` if there is no such credential, `EFBIG` if it is larger than `limit`.
    func contents(of name: String, limit: Int) throws(Errno) -> [UInt8] {
        switch self {
        case .directory(let directory):
            let path = FilePath("\(directory)/\(name)")
            return try OwnedDescriptor.open(path, flags: O_RDONLY | O_NOFOLLOW | O_NOCTTY).readAll(limit: limit)
        case .contents(let all):
            guard let contents = all[name] else { throw .noSuchFileOrDirectory }
            guard contents.count <= limit else { throw .fileTooLarge }
            return contents
        }
    }
}
