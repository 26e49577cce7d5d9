// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

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
        default: "\(Errno(rawValue: CInt(rawValue)))"
        }
    }
}
