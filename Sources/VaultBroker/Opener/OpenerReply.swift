// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import Processes
import SystemPackage

/// What the opener did: descriptors, facts, watches, or what it says of itself.
package struct OpenerReply: Sendable {
    package enum Content: Sendable {
        /// The status is that of the first.
        case descriptors([HeldDescriptor], OpenedStatus)
        case facts(ProcessFacts)
        case census(OpenerCensus)
        case watches([Int32])
    }

    package let content: Content

    /// The only descriptor that was answered; nil for an answer of another form.
    package var descriptor: HeldDescriptor? {
        guard case .descriptors(let descriptors, _) = content, descriptors.count == 1 else { return nil }
        return descriptors[0]
    }

    /// Kind, file system and inode of the first descriptor, as the opener's worker saw them: fstat(2) can hang, and
    /// there it hangs nobody else.
    package var status: OpenedStatus? {
        guard case .descriptors(_, let status) = content else { return nil }
        return status
    }

    package var facts: ProcessFacts? {
        guard case .facts(let facts) = content else { return nil }
        return facts
    }

    package var watches: [Int32]? {
        guard case .watches(let watches) = content else { return nil }
        return watches
    }
}

/// An answer as it comes from the socket.
struct ReceivedAnswer {
    let id: UInt64
    let result: Result<OpenerReply, OpenerFailure>

    /// - Returns: nil at the end, and for what is no answer: who sends that is not to be trusted with more.
    /// - Throws: `EAGAIN`, and what recvmsg(2) says of a broken connection.
    static func receive(on socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> ReceivedAnswer? {
        try withUnsafeTemporaryAllocation(byteCount: WireForm.receiveSize, alignment: 8) {
            buffer throws(Errno) -> ReceivedAnswer? in
            var message = try MessageSocket.receive(
                into: buffer, room: .descriptors(WireForm.mostDescriptors), on: socket, flags: .dontWait)
            if message.isEndOfFile || message.isTruncated { return nil }
            guard let answer = try? OpenerAnswer(decoding: Array(buffer[..<message.byteCount])) else { return nil }
            // The descriptors were lost, because this process has no number free for them.
            if message.isControlTruncated {
                return ReceivedAnswer(id: answer.id, result: .failure(OpenerFailure(.tooManyOpenFiles)))
            }
            let isForeign =
                if case .descriptors(_, let status) = answer.outcome { mayHangAtItsEnd(status) } else { false }
            var descriptors: [HeldDescriptor] = []
            while let next = message.descriptors.popLast() {
                descriptors.append(HeldDescriptor(OwnedDescriptor(adopting: next.release(), isForeign: isForeign)))
            }
            descriptors.reverse()
            guard descriptors.count == answer.descriptorCount else { return nil }
            return ReceivedAnswer(id: answer.id, result: result(answer.outcome, descriptors))
        }
    }

    /// Whether close(2) can wait for a server, for a program that serves a file system, or for what a device drives: then it is not to
    /// be done where others wait for it.
    private static func mayHangAtItsEnd(_ status: OpenedStatus) -> Bool {
        switch FileKind(mode: status.mode) {
        case .regular, .directory: !LocalFileSystems.contain(status.filesystem)
        case .characterDevice, .blockDevice: true
        case .fifo, .socket, .symbolicLink, .anonymous: false
        }
    }

    private static func result(
        _ outcome: OpenerAnswer.Outcome, _ descriptors: [HeldDescriptor]
    ) -> Result<OpenerReply, OpenerFailure> {
        switch outcome {
        case .failed(let failure): .failure(failure)
        case .descriptors(_, let status): .success(OpenerReply(content: .descriptors(descriptors, status)))
        case .facts(let facts): .success(OpenerReply(content: .facts(facts)))
        case .census(let census): .success(OpenerReply(content: .census(census)))
        case .watches(let watches): .success(OpenerReply(content: .watches(watches)))
        }
    }
}
