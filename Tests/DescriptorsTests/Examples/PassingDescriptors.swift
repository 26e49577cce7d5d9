// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// Sends bytes over a Unix socket, and a descriptor with the first of them.
func writeDescriptor(
    _ descriptor: borrowing OwnedDescriptor, with bytes: [UInt8], to socket: borrowing OwnedDescriptor
) throws(Errno) {
    try MessageSocket.sendAll(bytes.span, passing: descriptor, on: socket)
}

/// Receives up to `count` bytes and the descriptor that came with them; `nil` when the peer has closed.
func readDescriptor(upTo count: Int, from socket: borrowing OwnedDescriptor) throws(Errno) -> OwnedDescriptor? {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var message = try MessageSocket.receive(into: &span, room: .descriptors(1), on: socket)
    if message.isEndOfFile { return nil }
    // Too many descriptors for the room: they were closed, and this peer does not do what was agreed.
    if message.isControlTruncated { throw .badMessage }
    guard let descriptor = message.descriptors.popLast() else { throw .badMessage }
    return descriptor
}
