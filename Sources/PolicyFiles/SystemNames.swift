// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The users and groups of the system (`getpwnam_r`, `getgrnam_r`). A look-up can take long (it may ask a network
/// service), so it is never done on the event loop.
package struct SystemNames: NameResolver, Sendable {
    package init() {}

    package func uid(ofUser name: String) -> UInt32? {
        Self.lookUp { buffer in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let code = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
            return (code, found.map { $0.pointee.pw_uid })
        }
    }

    package func gid(ofGroup name: String) -> UInt32? {
        Self.lookUp { buffer in
            var entry = group()
            var found: UnsafeMutablePointer<group>?
            let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
            return (code, found.map { $0.pointee.gr_gid })
        }
    }

    /// Runs a look-up with a buffer that grows until the entry (a group can have many members) fits.
    private static func lookUp(_ body: (inout [CChar]) -> (CInt, UInt32?)) -> UInt32? {
        var size = 4096
        while size <= 16 << 20 {
            var buffer = [CChar](repeating: 0, count: size)
            let (code, id) = body(&buffer)
            if code == EINTR { continue }
            guard code == ERANGE else { return id }
            size *= 4
        }
        return nil
    }
}
