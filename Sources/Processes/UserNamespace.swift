// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

/// The user namespace that this process lives in, and those below it.
enum UserNamespace {
    /// Whether `uid_map` or `gid_map` maps each id to itself, as in the initial namespace. Where it does not, ids that
    /// have no place in it all show as 65534. A map that cannot be read is taken for one that does not.
    static func mapIsIdentity(_ name: String) -> Bool {
        guard let bytes = ownMap(name) else { return false }
        return isIdentity(String(decoding: bytes, as: UTF8.self))
    }

    /// Read once: no process goes to another user namespace and stays who it is.
    static let ownGroupMap = ownMap("gid_map")

    /// As the kernel shows it to whoever lives there; nil where it cannot be read.
    static func ownMap(_ name: String) -> [UInt8]? {
        guard let file = try? OwnedDescriptor.open(FilePath("/proc/self/\(name)")) else { return nil }
        return try? file.readAll(limit: 1 << 16)
    }

    static func isIdentity(_ map: String) -> Bool {
        let lines = map.unicodeScalars.split(separator: "\n").map(Substring.init)
        guard lines.count == 1 else { return false }
        return lines[0].unicodeScalars.split(separator: " ").map(Substring.init) == ["0", "0", "4294967295"]
    }

    /// Of a namespace that is not ours: who made the outermost of those between it and ours; nil where it is ours.
    ///
    /// Who has a namespace with many ids can make others in it under each of them, so that the owner of the innermost says
    /// nothing. What does not lie below ours is its owner's, as far as that is seen from here.
    static func owner(of namespace: consuming OwnedDescriptor) throws(Errno) -> UInt32? {
        var current = namespace
        for _ in 0..<deepest {
            if try FileStatus(of: current).inode == ownNumber { return nil }
            let above: OwnedDescriptor
            do {
                above = try parent(of: current)
            } catch .notPermitted {
                break
            }
            if try FileStatus(of: above).inode == ownNumber { break }
            current = above
        }
        var owner: uid_t = 0
        try SystemCall.retrying(on: current) { linux_namespace_owner($0, &owner) }
        return owner
    }

    /// The kernel nests no deeper than 32.
    private static let deepest = 40

    private static let ownNumber = (try? FileStatus(ofPath: "/proc/self/ns/user"))?.inode

    private static func parent(of namespace: borrowing OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try SystemCall.retrying(on: namespace) { linux_namespace_parent($0) })
    }
}
