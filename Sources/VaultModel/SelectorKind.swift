// SPDX-License-Identifier: Apache-2.0

/// A property of a caller that rules can select by. The raw value is the key in policy files.
package enum SelectorKind: String, CaseIterable, Sendable {
    case user, uid, group, gid, label, cgroup, unit, loginuid, namespace, exe, sha256, container, pod

    /// How much the fact says about who is calling.
    package enum Strength: Sendable {
        /// Fixed at connect by the kernel, and not the caller's to choose.
        case authoritative

        /// Kept by the kernel for a process, and set for it by others.
        case kernelManaged

        /// A process can make it look otherwise (by `exec` after connect).
        case advisory
    }

    package var strength: Strength {
        switch self {
        case .user, .uid, .group, .gid, .label: .authoritative
        case .cgroup, .unit, .loginuid, .namespace, .container, .pod: .kernelManaged
        case .exe, .sha256: .advisory
        }
    }

    /// Whether the fact comes from the socket, as of connect, and so holds whatever became of the process id.
    package var isFixedAtConnect: Bool { strength == .authoritative }
}

/// A set of selectors; tells which facts must be read.
package struct SelectorKinds: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// None. What an empty literal says costs 700 instructions.
    package init() { rawValue = 0 }

    package init(_ kind: SelectorKind) {
        rawValue =
            switch kind {
            case .user: 1 << 0
            case .uid: 1 << 1
            case .group: 1 << 2
            case .gid: 1 << 3
            case .label: 1 << 4
            case .cgroup: 1 << 5
            case .unit: 1 << 6
            case .loginuid: 1 << 7
            case .namespace: 1 << 8
            case .exe: 1 << 9
            case .sha256: 1 << 10
            case .container: 1 << 11
            case .pod: 1 << 12
            }
    }

    package func contains(_ kind: SelectorKind) -> Bool { contains(SelectorKinds(kind)) }

    /// In the order of `SelectorKind`.
    package var kinds: [SelectorKind] { SelectorKind.allCases.filter(contains) }

    /// The first of them, in the order of `SelectorKind`.
    package var first: SelectorKind? {
        switch rawValue.trailingZeroBitCount {
        case 0: .user
        case 1: .uid
        case 2: .group
        case 3: .gid
        case 4: .label
        case 5: .cgroup
        case 6: .unit
        case 7: .loginuid
        case 8: .namespace
        case 9: .exe
        case 10: .sha256
        case 11: .container
        case 12: .pod
        default: nil
        }
    }

    /// Takes the first one out.
    package mutating func popFirst() -> SelectorKind? {
        guard let first else { return nil }
        self = SelectorKinds(rawValue: rawValue & (rawValue - 1))
        return first
    }
}
