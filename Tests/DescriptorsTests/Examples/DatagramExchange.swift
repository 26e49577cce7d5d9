// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Binds a socket to `path`, waits for one descriptor of a process of the same user, and removes the path.
func receiveDescriptor(at path: FilePath) throws(Errno) -> OwnedDescriptor {
    let socket = try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o600)
    defer { try? UnixSocket.remove(path) }
    try SocketOption.setPassCredentials(true, on: socket)
    var bytes: [UInt8] = [0]
    while true {
        var span = bytes.mutableSpan
        var message = try MessageSocket.receive(into: &span, room: .descriptors(1), on: socket)
        let isOfThisUser = message.credentials?.uid == getuid()
        // What others send, or send without a descriptor, is closed with the message.
        if isOfThisUser, !message.isControlTruncated, let descriptor = message.descriptors.popLast() {
            return descriptor
        }
    }
}

/// Passes a descriptor to whoever is bound to `path`, with one byte of data.
func sendDescriptor(_ descriptor: borrowing OwnedDescriptor, to path: FilePath) throws(Errno) {
    let socket = try UnixSocket.make(.datagram)
    try MessageSocket.send([0].span, passing: descriptor, to: .path(path), on: socket)
}
