// SPDX-License-Identifier: Apache-2.0

import Processes
import SystemPackage

/// What the opener answers. Descriptors ride along, as many as `descriptorCount` says.
package struct OpenerAnswer: Equatable, Sendable {
    /// The request's.
    package var id: UInt64
    package var outcome: Outcome

    /// No request's: with this an opener that was connected to, not spawned, says that it is there. The descriptor is its
    /// pidfd.
    package static let arrivalID: UInt64 = 0

    package init(id: UInt64, outcome: Outcome) {
        self.id = id
        self.outcome = outcome
    }

    package enum Outcome: Equatable, Sendable {
        case failed(OpenerFailure)
        /// `count` is 1 or 2; the status is that of the first.
        case descriptors(count: Int, OpenedStatus)
        case facts(ProcessFacts)
    }

    package var descriptorCount: Int {
        switch outcome {
        case .failed, .facts: 0
        case .descriptors(let count, _): count
        }
    }
}

/// A received message that is not an answer.
package struct MalformedAnswer: Error, Equatable {
    package init() {}
}

enum AnswerField {
    static let magic = WireField<UInt32>(0)
    static let outcome = WireField<UInt16>(4)
    static let textCount = WireField<UInt8>(6)
    static let descriptorCount = WireField<UInt8>(7)
    static let id = WireField<UInt64>(8)
    static let errno = WireField<UInt32>(16)
    static let reason = WireField<UInt32>(20)
    static let detail = WireField<UInt32>(24)
    static let flags = WireField<UInt32>(28)
    static let mode = WireField<UInt32>(32)
    static let device = WireField<UInt64>(40)
    static let inode = WireField<UInt64>(48)
    static let representedDevice = WireField<UInt64>(56)
    static let facts = WireForm.headSize
    static let texts = WireForm.headSize + WireForm.factsSize
}

enum OutcomeCode: UInt16 {
    case failed = 0
    case descriptors = 1
    case facts = 2

    var size: Int {
        switch self {
        case .failed, .descriptors: WireForm.headSize
        case .facts: WireForm.headSize + WireForm.factsSize + WireForm.textRoom
        }
    }
}

extension OpenerAnswer {
    /// The message that says this.
    package func encoded() -> [UInt8] {
        var wire = WireBytes(zeros: outcome.code.size)
        wire[AnswerField.magic] = WireForm.magic
        wire[AnswerField.outcome] = outcome.code.rawValue
        wire[AnswerField.descriptorCount] = UInt8(clamping: descriptorCount)
        wire[AnswerField.id] = id
        switch outcome {
        case .failed(let failure):
            wire[AnswerField.errno] = UInt32(bitPattern: failure.errno.rawValue)
            wire[AnswerField.reason] = failure.reason.rawValue
            wire[AnswerField.detail] = failure.detail
        case .descriptors(_, let status):
            wire[AnswerField.flags] = UInt32(bitPattern: status.flags)
            wire[AnswerField.mode] = status.mode
            wire[AnswerField.device] = status.device
            wire[AnswerField.inode] = status.inode
            wire[AnswerField.representedDevice] = status.representedDevice
        case .facts(let facts):
            FactsCoding.write(facts, to: &wire)
        }
        return wire.bytes
    }

    /// Reads a received message, in full and strictly: exactly what `encoded()` makes is accepted.
    package init(decoding bytes: [UInt8]) throws(MalformedAnswer) {
        let wire = WireBytes(bytes)
        guard bytes.count >= WireForm.headSize, wire[AnswerField.magic] == WireForm.magic,
            let code = OutcomeCode(rawValue: wire[AnswerField.outcome]), bytes.count == code.size
        else { throw MalformedAnswer() }
        let outcome: Outcome
        switch code {
        case .failed:
            guard let reason = OpenerReason(rawValue: wire[AnswerField.reason]) else { throw MalformedAnswer() }
            let errno = Errno(rawValue: CInt(bitPattern: wire[AnswerField.errno]))
            outcome = .failed(OpenerFailure(errno, reason, detail: wire[AnswerField.detail]))
        case .descriptors:
            let status = OpenedStatus(
                flags: CInt(bitPattern: wire[AnswerField.flags]), mode: wire[AnswerField.mode],
                device: wire[AnswerField.device], inode: wire[AnswerField.inode],
                representedDevice: wire[AnswerField.representedDevice])
            let count = Int(wire[AnswerField.descriptorCount])
            guard count == 1 || count == 2 else { throw MalformedAnswer() }
            outcome = .descriptors(count: count, status)
        case .facts:
            guard let facts = FactsCoding.read(wire) else { throw MalformedAnswer() }
            outcome = .facts(facts)
        }
        self.init(id: wire[AnswerField.id], outcome: outcome)
        guard encoded() == bytes else { throw MalformedAnswer() }
    }
}

extension OpenerAnswer.Outcome {
    var code: OutcomeCode {
        switch self {
        case .failed: .failed
        case .descriptors: .descriptors
        case .facts: .facts
        }
    }
}

/// What fstat(2) and `F_GETFL` say about a descriptor that the opener made, so that the broker need not ask: on some
/// file systems the question can hang.
package struct OpenedStatus: Equatable, Sendable {
    /// `F_GETFL`.
    package var flags: CInt
    /// `st_mode`: kind and permissions.
    package var mode: UInt32
    /// `st_dev`.
    package var device: UInt64
    /// `st_ino`.
    package var inode: UInt64
    /// `st_rdev`: which device it is, if it is one.
    package var representedDevice: UInt64

    package init(flags: CInt, mode: UInt32, device: UInt64, inode: UInt64, representedDevice: UInt64) {
        self.flags = flags
        self.mode = mode
        self.device = device
        self.inode = inode
        self.representedDevice = representedDevice
    }
}
