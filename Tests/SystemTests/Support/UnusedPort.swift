// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// A TCP port that nobody has just now.
func unusedPort() throws -> UInt16 {
    let socket = HeldDescriptor(OwnedDescriptor(adopting: Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)))
    guard socket.withUnsafeNumber({ listen($0, 1) }) == 0 else { throw Errno(rawValue: errno) }
    guard case .internet(_, let port) = try SocketName(of: socket) else { throw Errno.addressNotAvailable }
    return port
}
