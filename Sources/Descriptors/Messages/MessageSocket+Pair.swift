// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

extension MessageSocket {
    /// Two connected Unix sockets, close-on-exec (`socketpair(2)`).
    public static func pair(_ type: SocketType = .stream, nonBlocking: Bool = false) throws(Errno) -> SocketPair {
        var numbers: (CInt, CInt) = (-1, -1)
        let flags = type.rawValue | UnixSocket.creationFlags(nonBlocking: nonBlocking)
        try SystemCall.retrying {
            withUnsafeMutableBytes(of: &numbers) {
                socketpair(AF_UNIX, flags, 0, $0.baseAddress!.assumingMemoryBound(to: CInt.self))
            }
        }
        return SocketPair(OwnedDescriptor(adopting: numbers.0), OwnedDescriptor(adopting: numbers.1))
    }
}
