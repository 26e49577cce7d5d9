// SPDX-License-Identifier: Apache-2.0

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

    /// What costs next to nothing: the group is known by its id, and the login is one small file that all may read.
    package static let always: ProcessFactKinds = [.cgroup, .loginUID]

    package static let all: ProcessFactKinds = [.cgroup, .loginUID, .session, .namespaces, .executable]
}
