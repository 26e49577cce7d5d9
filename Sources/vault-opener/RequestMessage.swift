// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import SystemPackage

/// A request as it was received: its bytes, what they say, and the descriptor that came along.
struct RequestMessage {
    let bytes: [UInt8]
    let request: Result<OpenerRequest, MalformedRequest>
    let descriptor: HeldDescriptor?

    /// One message; nil when the other side has closed.
    ///
    /// - Parameter room: with `.none` the kernel throws away what comes along, and does not even close it, which could
    ///   hang: a file that is only let go of is not flushed.
    /// - Throws: `EAGAIN`, and what recvmsg(2) says of a broken connection.
    static func receive(
        on socket: borrowing some Descriptor & ~Copyable, room: ControlRoom = .descriptors(1), flags: MessageFlags = []
    ) throws(Errno) -> RequestMessage? {
        try withUnsafeTemporaryAllocation(byteCount: WireForm.receiveSize, alignment: 8) {
            buffer throws(Errno) -> RequestMessage? in
            var message = try MessageSocket.receive(into: buffer, room: room, on: socket, flags: flags)
            if message.isEndOfFile { return nil }
            let bytes = Array(buffer[..<message.byteCount])
            let count = message.descriptors.count
            let descriptor = count == 1 ? HeldDescriptor(message.descriptors.removeLast()) : nil
            let isCut = message.isTruncated || message.isControlTruncated
            return RequestMessage(bytes: bytes, descriptor: descriptor, isCut: isCut)
        }
    }

    private init(bytes: [UInt8], descriptor: HeldDescriptor?, isCut: Bool) {
        self.bytes = bytes
        self.descriptor = descriptor
        request = Result { () throws(MalformedRequest) in
            let request = try OpenerRequest(decoding: bytes)
            guard !isCut, request.descriptorCount == (descriptor == nil ? 0 : 1) else {
                throw MalformedRequest(id: request.id)
            }
            return request
        }
    }
}

/// What a worker tells the supervisor when it has answered a request and closed everything that belonged to it.
struct WorkerReport: Equatable {
    /// Of the request.
    let id: UInt64

    func send(on socket: borrowing some Descriptor & ~Copyable) throws(Errno) {
        let bytes = withUnsafeBytes(of: id) { Array($0) }
        try MessageSocket.send(bytes.span, on: socket)
    }

    /// - Returns: nil at the end, and for what is no report.
    /// - Throws: `EAGAIN`, and what recvmsg(2) says of a broken connection.
    static func receive(on socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> WorkerReport? {
        try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { buffer throws(Errno) -> WorkerReport? in
            let message = try MessageSocket.receive(into: buffer, room: .none, on: socket, flags: .dontWait)
            guard message.byteCount == MemoryLayout<UInt64>.size else { return nil }
            return WorkerReport(id: buffer.load(as: UInt64.self))
        }
    }
}
