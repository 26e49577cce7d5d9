// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// What `/proc` says about a process, as far as it was asked and could be read.
package struct ProcessFacts: Equatable, Sendable {
    /// The path in the unified hierarchy (the `0::` line), as the reader's control group namespace shows it.
    package var cgroup: ReadFact<String> = .notRead
    /// Who logged in; nil: nobody did, as for a daemon.
    package var loginUID: ReadFact<UInt32?> = .notRead
    /// The audit session; nil: none.
    package var session: ReadFact<UInt32?> = .notRead
    package var namespaces: ReadFact<NamespaceFacts> = .notRead
    /// Advisory: a process can connect and then execute something else.
    package var executable: ReadFact<ExecutableFacts> = .notRead

    /// Whether the groups of its socket are all that it was given; otherwise unknown. Who lives in a user namespace of one's own
    /// may have left groups there.
    package var groups: ReadFact<AllGroups> = .notRead

    /// Of a process in a user namespace whose ids are not ours: who made the outermost of those that it lives in. A known nil:
    /// its ids are ours.
    package var namespaceOwner: ReadFact<UInt32?> = .notRead

    package init() {}

    /// No text is longer: `PATH_MAX` without its NUL.
    package static let textLimit = 4095

    /// The unit that runs the process, from its control group; a known nil: none.
    package var unit: ReadFact<ServiceUnit?> {
        switch cgroup {
        case .notRead: .notRead
        case .known(let path): .known(ServiceUnit(cgroup: path))
        case .unknown(let why): .unknown(why)
        }
    }

    /// Whether the login uid was set by others, as far as its control group tells.
    ///
    /// A process without a login uid may write any into `/proc/self/loginuid`, once, without a right: the kernel keeps only what is
    /// set. So it counts where the service manager has put the process into a session of that user, or into their own manager;
    /// nobody moves there without the manager. That there is none is as it says: whoever has one cannot lose it.
    package var isLoginManaged: Bool {
        guard case .known(let uid?) = loginUID, case .known(let path) = cgroup else { return false }
        // Bytes, as `ServiceUnit` takes them.
        let components = path.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 3)
        guard components.count >= 3, components[0].elementsEqual("user.slice".utf8),
            components[1].elementsEqual("user-\(uid).slice".utf8)
        else { return false }
        return components[2].elementsEqual("user@\(uid).service".utf8)
            || components[2].starts(with: "session-".utf8)
                && components[2].reversed().starts(with: ".scope".utf8.reversed())
    }

    /// Those of `kinds` that were asked for and not allowed to this reader, but may be to one with the right to trace
    /// the process, and the time to look up a path: hidden processes (`hidepid`) look as if they did not exist.
    package func forPrivilegedReader(among kinds: ProcessFactKinds) -> ProcessFactKinds {
        var found: ProcessFactKinds = []
        if kinds.contains(.cgroup), Self.isHidden(cgroup) { found.insert(.cgroup) }
        if kinds.contains(.loginUID), Self.isHidden(loginUID) { found.insert(.loginUID) }
        if kinds.contains(.session), Self.isHidden(session) { found.insert(.session) }
        if kinds.contains(.namespaces), Self.isHidden(namespaces) { found.insert(.namespaces) }
        if kinds.contains(.executable), Self.isHidden(executable) { found.insert(.executable) }
        if kinds.contains(.groups), Self.isHidden(groups) { found.insert(.groups) }
        if kinds.contains(.namespaceOwner), Self.isHidden(namespaceOwner) { found.insert(.namespaceOwner) }
        return found
    }

    /// Takes over whatever of `kinds` another reader found out.
    package mutating func merge(_ other: ProcessFacts, kinds: ProcessFactKinds) {
        if kinds.contains(.cgroup) { cgroup = other.cgroup }
        if kinds.contains(.loginUID) { loginUID = other.loginUID }
        if kinds.contains(.session) { session = other.session }
        if kinds.contains(.namespaces) { namespaces = other.namespaces }
        if kinds.contains(.executable) { executable = other.executable }
        if kinds.contains(.groups) { groups = other.groups }
        if kinds.contains(.namespaceOwner) { namespaceOwner = other.namespaceOwner }
    }

    /// Of `kinds`, those in which the two differ.
    package func differences(from other: ProcessFacts, among kinds: ProcessFactKinds) -> ProcessFactKinds {
        var found: ProcessFactKinds = []
        if kinds.contains(.cgroup), cgroup != other.cgroup { found.insert(.cgroup) }
        if kinds.contains(.loginUID), loginUID != other.loginUID { found.insert(.loginUID) }
        if kinds.contains(.session), session != other.session { found.insert(.session) }
        if kinds.contains(.namespaces), namespaces != other.namespaces { found.insert(.namespaces) }
        if kinds.contains(.executable), executable != other.executable { found.insert(.executable) }
        if kinds.contains(.groups), groups != other.groups { found.insert(.groups) }
        return found
    }

    /// Of `kinds`, those that are known and can change. Groups were fixed at connect, and nobody comes back from a user namespace:
    /// what held after it held before.
    func known(among kinds: ProcessFactKinds) -> ProcessFactKinds {
        var found = kinds.subtracting([.groups, .namespaceOwner])
        if cgroup.value == nil { found.remove(.cgroup) }
        if loginUID.value == nil { found.remove(.loginUID) }
        if session.value == nil { found.remove(.session) }
        if namespaces.value == nil { found.remove(.namespaces) }
        if executable.value == nil { found.remove(.executable) }
        return found
    }

    private static func isHidden<Value>(_ fact: ReadFact<Value>) -> Bool {
        guard case .unknown(let why) = fact else { return false }
        return why == .permissionDenied || why == .notPermitted || why == .noSuchFile
            || why == .otherMounts
    }
}

/// The groups of a process are all that it was given: a fact without a value of its own.
package struct AllGroups: Equatable, Sendable {
    package init() {}
}

/// The namespaces of a process, by their inode numbers in nsfs.
package struct NamespaceFacts: Equatable, Sendable {
    package var pid: UInt64
    package var user: UInt64

    package init(pid: UInt64, user: UInt64) {
        self.pid = pid
        self.user = user
    }
}

/// Facts of a process that are read under `/proc`.
package struct ProcessFactKinds: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The control group, and the unit that follows from it.
    package static let cgroup = ProcessFactKinds(rawValue: 1 << 0)
    package static let loginUID = ProcessFactKinds(rawValue: 1 << 1)
    package static let session = ProcessFactKinds(rawValue: 1 << 2)
    /// Of another user's process: only with the right to trace it.
    package static let namespaces = ProcessFactKinds(rawValue: 1 << 3)
    /// Of another user's process: only with the right to trace it.
    package static let executable = ProcessFactKinds(rawValue: 1 << 4)

    /// Whether groups can have been left. One small file that all may read.
    package static let groups = ProcessFactKinds(rawValue: 1 << 5)

    /// What costs next to nothing: the control group is known by its id, and the others are small files that all may read.
    package static let always: ProcessFactKinds = [.cgroup, .loginUID, .groups]

    /// All that a record can tell.
    package static let all: ProcessFactKinds = [.cgroup, .loginUID, .session, .namespaces, .executable, .groups]

    /// Whose user namespace it lives in, for accounts. Looked for by itself where ids are not ours. Of another user's process: only
    /// with the right to trace it.
    package static let namespaceOwner = ProcessFactKinds(rawValue: 1 << 6)
}

/// The file that a process executes.
package struct ExecutableFacts: Equatable, Sendable {
    /// The link `/proc/PID/exe`: where the file lies, in the reader's own mounts.
    package var path: String
    package var device: UInt64
    package var inode: UInt64

    package init(path: String, device: UInt64, inode: UInt64) {
        self.path = path
        self.device = device
        self.inode = inode
    }
}

/// A fact of a process, as far as it is known. That there is none (no login uid, no unit) is a known value.
package enum ReadFact<Value: Equatable & Sendable>: Equatable, Sendable {
    /// Nobody asked for it.
    case notRead
    case known(Value)
    /// It was asked for and could not be read; whoever decides must not take this for any value.
    case unknown(FactProblem)

    package var value: Value? {
        if case .known(let value) = self { value } else { nil }
    }
}

/// Why a fact is not known: an errno (up to 4095), or one of the reasons named here. Its number crosses the opener's
/// socket, so a reason keeps its number.
package struct FactProblem: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package init(errno: CInt) {
        // Linux's errnos end at 4095; anything else was never set by the kernel.
        rawValue = (1...4095).contains(errno) ? UInt16(errno) : FactProblem.malformed.rawValue
    }

    /// What was read does not have the form that the kernel gives it.
    package static let malformed = FactProblem(rawValue: 0x1000)
    /// It is not UTF-8, so no rule could have written it.
    package static let notText = FactProblem(rawValue: 0x1001)
    /// The process is in no control group of the unified hierarchy.
    package static let noUnifiedHierarchy = FactProblem(rawValue: 0x1002)
    /// The control group lies outside of the reader's control group namespace.
    package static let outsideNamespace = FactProblem(rawValue: 0x1003)
    /// There was no pidfd to tie the read to: a weak pin carries only what the socket said.
    package static let weakPin = FactProblem(rawValue: 0x1004)
    /// The opener, which alone may read it, did not answer.
    package static let openerUnavailable = FactProblem(rawValue: 0x1005)

    /// The file was removed or replaced: its path says nothing any more.
    package static let fileGone = FactProblem(rawValue: 0x1006)
    /// The process has mounts of its own, so that its paths may mean other files than ours; the opener can compare them.
    package static let otherMounts = FactProblem(rawValue: 0x1007)
    /// In our mounts the path names no file, or another one.
    package static let notThatFile = FactProblem(rawValue: 0x1008)
    /// The control group was removed.
    package static let groupGone = FactProblem(rawValue: 0x1009)

    /// The process lives in a user namespace that is not ours.
    package static let otherUserNamespace = FactProblem(rawValue: 0x100A)
    /// It is told of a connection, and there is none: a datagram came.
    package static let noConnection = FactProblem(rawValue: 0x100B)

    /// The errno, if it is one.
    package var errno: CInt? { rawValue < 0x1000 ? CInt(rawValue) : nil }
}

extension FactProblem: CustomStringConvertible {
    package static let permissionDenied = FactProblem(errno: EACCES)
    package static let notPermitted = FactProblem(errno: EPERM)
    package static let noSuchFile = FactProblem(errno: ENOENT)

    /// For a person, as in "exe: Permission denied".
    package var description: String {
        switch self {
        case .malformed: "the kernel's text has an unexpected form"
        case .notText: "it is not UTF-8"
        case .noUnifiedHierarchy: "there is no unified control group hierarchy"
        case .outsideNamespace: "it lies outside of this control group namespace"
        case .weakPin: "the kernel gives no descriptor of the peer"
        case .openerUnavailable: "the opener did not answer"
        case .fileGone: "the file was removed or replaced"
        case .otherMounts: "the process has mounts of its own"
        case .notThatFile: "its path names another file, or none, outside of the process's own mounts"
        case .groupGone: "the control group was removed"
        case .noConnection: "a datagram does not tell it"
        case .otherUserNamespace: "the process lives in a user namespace of its own, where groups can be left"
        default: "\(Errno(rawValue: CInt(rawValue)))"
        }
    }
}
