// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

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
