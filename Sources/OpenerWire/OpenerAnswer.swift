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
        /// `count` is from 1 to ``WireForm/mostDescriptors``; the status is that of the first.
        case descriptors(count: Int, OpenedStatus)
        case facts(ProcessFacts)
        case census(OpenerCensus)
        /// The numbers of watches, from 1 to ``WireForm/mostWatches``.
        case watches([Int32])
    }

    package var descriptorCount: Int {
        switch outcome {
        case .failed, .facts, .census, .watches: 0
        case .descriptors(let count, _): count
        }
    }
}

/// A received message that is not an answer.
package struct MalformedAnswer: Error, Equatable {
    package init() {}
}

enum AnswerField {
    static let errno = WireField<UInt32>(16)
    static let reason = WireField<UInt32>(20)
    static let detail = WireField<UInt32>(24)
    static let flags = WireField<UInt32>(28)
    static let mode = WireField<UInt32>(32)
    static let device = WireField<UInt64>(40)
    static let inode = WireField<UInt64>(48)
    static let representedDevice = WireField<UInt64>(56)
    static let size = WireField<Int64>(WireForm.headSize)
    static let modified = WireField<Int64>(WireForm.headSize + 8)
    static let changed = WireField<Int64>(WireForm.headSize + 16)
    static let filesystem = WireField<Int64>(WireForm.headSize + 24)
    static let busy = WireField<UInt32>(16)
    static let idle = WireField<UInt32>(20)
    static let abandoned = WireField<UInt32>(24)
    static let watchCount = WireField<UInt32>(16)
    static let facts = WireForm.headSize

    static func watch(_ place: Int) -> WireField<Int32> { WireField(WireForm.headSize + 4 * place) }

    static let texts = WireForm.headSize + WireForm.factsSize
}

enum OutcomeCode: UInt16 {
    case failed = 0
    case descriptors = 1
    case facts = 2
    case census = 3
    case watches = 4

    var size: Int {
        switch self {
        case .failed, .census: WireForm.headSize
        case .descriptors: WireForm.headSize + WireForm.fileSize
        case .facts: WireForm.headSize + WireForm.factsSize + WireForm.textRoom
        case .watches: WireForm.headSize + WireForm.mostWatches * MemoryLayout<Int32>.size
        }
    }
}

extension OpenerAnswer {
    /// The message that says this.
    package func encoded() -> [UInt8] {
        var wire = WireBytes(zeros: outcome.code.size)
        wire[HeadField.magic] = WireForm.magic
        wire[HeadField.code] = outcome.code.rawValue
        wire[HeadField.descriptorCount] = UInt8(clamping: descriptorCount)
        wire[HeadField.id] = id
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
            wire[AnswerField.size] = status.size
            wire[AnswerField.modified] = status.modifiedNSec
            wire[AnswerField.changed] = status.changedNSec
            wire[AnswerField.filesystem] = status.filesystem
        case .facts(let facts):
            FactsCoding.write(facts, to: &wire)
        case .census(let census):
            wire[AnswerField.busy] = census.busy
            wire[AnswerField.idle] = census.idle
            wire[AnswerField.abandoned] = census.abandoned
        case .watches(let watches):
            precondition(watches.count <= WireForm.mostWatches, "the worker counts what it watches")
            wire[AnswerField.watchCount] = UInt32(watches.count)
            for (place, watch) in watches.enumerated() { wire[AnswerField.watch(place)] = watch }
        }
        return wire.bytes
    }

    /// Reads a received message, in full and strictly: exactly what `encoded()` makes is accepted.
    package init(decoding bytes: [UInt8]) throws(MalformedAnswer) {
        let wire = WireBytes(bytes)
        guard bytes.count >= WireForm.headSize, wire[HeadField.magic] == WireForm.magic,
            let code = OutcomeCode(rawValue: wire[HeadField.code]), bytes.count == code.size
        else { throw MalformedAnswer() }
        let outcome: Outcome
        switch code {
        case .failed:
            guard let reason = OpenerReason(rawValue: wire[AnswerField.reason]) else { throw MalformedAnswer() }
            let errno = Errno(rawValue: CInt(bitPattern: wire[AnswerField.errno]))
            outcome = .failed(OpenerFailure(errno, reason, detail: wire[AnswerField.detail]))
        case .descriptors:
            var status = OpenedStatus(
                flags: CInt(bitPattern: wire[AnswerField.flags]), mode: wire[AnswerField.mode],
                device: wire[AnswerField.device], inode: wire[AnswerField.inode],
                representedDevice: wire[AnswerField.representedDevice])
            status.size = wire[AnswerField.size]
            status.modifiedNSec = wire[AnswerField.modified]
            status.changedNSec = wire[AnswerField.changed]
            status.filesystem = wire[AnswerField.filesystem]
            let count = Int(wire[HeadField.descriptorCount])
            guard WireForm.counts.contains(count) else { throw MalformedAnswer() }
            outcome = .descriptors(count: count, status)
        case .facts:
            guard let facts = FactsCoding.read(wire) else { throw MalformedAnswer() }
            outcome = .facts(facts)
        case .census:
            outcome = .census(
                OpenerCensus(
                    busy: wire[AnswerField.busy], idle: wire[AnswerField.idle],
                    abandoned: wire[AnswerField.abandoned]))
        case .watches:
            let count = Int(wire[AnswerField.watchCount])
            guard (1...WireForm.mostWatches).contains(count) else { throw MalformedAnswer() }
            outcome = .watches((0..<count).map { wire[AnswerField.watch($0)] })
        }
        self.init(id: wire[HeadField.id], outcome: outcome)
        guard encoded() == bytes else { throw MalformedAnswer() }
    }
}

extension OpenerAnswer.Outcome {
    var code: OutcomeCode {
        switch self {
        case .failed: .failed
        case .descriptors: .descriptors
        case .facts: .facts
        case .census: .census
        case .watches: .watches
        }
    }
}

/// The workers of the opener.
package struct OpenerCensus: Equatable, Sendable {
    /// Those that have something to do.
    package var busy: UInt32
    package var idle: UInt32
    /// Those that were killed over a path and have not ended.
    package var abandoned: UInt32

    package init(busy: UInt32, idle: UInt32, abandoned: UInt32) {
        self.busy = busy
        self.idle = idle
        self.abandoned = abandoned
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
    /// Of a path that was opened, for which its file system was asked; else 0. `st_size`, and when the contents and when
    /// anything was last changed, in nanoseconds since 1970.
    package var size: Int64 = 0
    package var modifiedNSec: Int64 = 0
    package var changedNSec: Int64 = 0
    /// Of a file or a directory: the magic number of statfs(2); else 0, unless the file system was asked.
    package var filesystem: Int64 = 0

    package init(flags: CInt, mode: UInt32, device: UInt64, inode: UInt64, representedDevice: UInt64) {
        self.flags = flags
        self.mode = mode
        self.device = device
        self.inode = inode
        self.representedDevice = representedDevice
    }
}

/// `ProcessFacts` behind the head of an answer: a state for each fact, its numbers, and two texts (the control group,
/// the executable), empty when not known.
enum FactsCoding {
    private enum Field {
        static let cgroupState = WireField<UInt32>(AnswerField.facts)
        static let loginState = WireField<UInt32>(AnswerField.facts + 4)
        static let sessionState = WireField<UInt32>(AnswerField.facts + 8)
        static let namespacesState = WireField<UInt32>(AnswerField.facts + 12)
        static let executableState = WireField<UInt32>(AnswerField.facts + 16)
        static let loginUID = WireField<UInt32>(AnswerField.facts + 20)
        static let session = WireField<UInt32>(AnswerField.facts + 24)
        static let groupsState = WireField<UInt32>(AnswerField.facts + 28)
        static let pidNamespace = WireField<UInt64>(AnswerField.facts + 32)
        static let userNamespace = WireField<UInt64>(AnswerField.facts + 40)
        static let executableDevice = WireField<UInt64>(AnswerField.facts + 48)
        static let executableInode = WireField<UInt64>(AnswerField.facts + 56)
        static let ownerState = WireField<UInt32>(AnswerField.facts + 64)
        static let owner = WireField<UInt32>(AnswerField.facts + 68)
    }

    private static let notRead: UInt32 = 0
    private static let known: UInt32 = 1
    /// A state from here on is a problem's number above it.
    private static let problem: UInt32 = 0x1_0000

    static func write(_ facts: ProcessFacts, to wire: inout WireBytes) {
        wire[Field.cgroupState] = state(facts.cgroup)
        wire[Field.loginState] = state(facts.loginUID)
        wire[Field.sessionState] = state(facts.session)
        wire[Field.namespacesState] = state(facts.namespaces)
        wire[Field.executableState] = state(facts.executable)
        wire[Field.groupsState] = state(facts.groups)
        wire[Field.ownerState] = state(facts.namespaceOwner)
        var texts = ["", ""]
        if case .known(let cgroup) = facts.cgroup { texts[0] = cgroup }
        if case .known(let uid) = facts.loginUID { wire[optional: Field.loginUID] = uid }
        if case .known(let session) = facts.session { wire[optional: Field.session] = session }
        if case .known(let owner) = facts.namespaceOwner { wire[optional: Field.owner] = owner }
        if case .known(let namespaces) = facts.namespaces {
            wire[Field.pidNamespace] = namespaces.pid
            wire[Field.userNamespace] = namespaces.user
        }
        if case .known(let executable) = facts.executable {
            texts[1] = executable.path
            wire[Field.executableDevice] = executable.device
            wire[Field.executableInode] = executable.inode
        }
        precondition(TextRoom.fits(texts), "ProcessFacts bounds its texts to ProcessFacts.textLimit")
        wire[HeadField.textCount] = UInt8(texts.count)
        wire.put(texts: texts, at: AnswerField.texts)
    }

    static func read(_ wire: WireBytes) -> ProcessFacts? {
        guard wire[HeadField.textCount] == 2, let texts = wire.texts(2, at: AnswerField.texts) else { return nil }
        let namespaces = NamespaceFacts(pid: wire[Field.pidNamespace], user: wire[Field.userNamespace])
        let executable = ExecutableFacts(
            path: texts[1], device: wire[Field.executableDevice], inode: wire[Field.executableInode])
        var facts = ProcessFacts()
        guard read(&facts.cgroup, wire[Field.cgroupState], texts[0]),
            read(&facts.loginUID, wire[Field.loginState], wire[optional: Field.loginUID]),
            read(&facts.session, wire[Field.sessionState], wire[optional: Field.session]),
            read(&facts.namespaces, wire[Field.namespacesState], namespaces),
            read(&facts.executable, wire[Field.executableState], executable),
            read(&facts.groups, wire[Field.groupsState], AllGroups()),
            read(&facts.namespaceOwner, wire[Field.ownerState], wire[optional: Field.owner])
        else { return nil }
        return facts
    }

    private static func state<Value>(_ fact: ReadFact<Value>) -> UInt32 {
        switch fact {
        case .notRead: notRead
        case .known: known
        case .unknown(let why): problem + UInt32(why.rawValue)
        }
    }

    /// - Returns: false for a state that there is not.
    private static func read<Value>(_ fact: inout ReadFact<Value>, _ state: UInt32, _ value: Value) -> Bool {
        switch state {
        case notRead: fact = .notRead
        case known: fact = .known(value)
        default:
            guard state >= problem, let number = UInt16(exactly: state - problem) else { return false }
            fact = .unknown(FactProblem(rawValue: number))
        }
        return true
    }
}
