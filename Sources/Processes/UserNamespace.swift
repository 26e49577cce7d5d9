// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// The user namespace that this process lives in.
enum UserNamespace {
    /// Whether `uid_map` or `gid_map` maps each id to itself, as in the initial namespace. Where it does not, ids that
    /// have no place in it all show as 65534. A map that cannot be read is taken for one that does not.
    static func mapIsIdentity(_ name: String) -> Bool {
        guard let file = try? OwnedDescriptor.open(FilePath("/proc/self/\(name)")),
            let bytes = try? file.readAll(limit: 1 << 16)
        else { return false }
        return isIdentity(String(decoding: bytes, as: UTF8.self))
    }

    static func isIdentity(_ map: String) -> Bool {
        let lines = map.split(separator: "\n")
        guard lines.count == 1 else { return false }
        return lines[0].split(separator: " ") == ["0", "0", "4294967295"]
    }
}
