// SPDX-License-Identifier: Apache-2.0

import Descriptors

/// Who is at the other end of an accepted connection.
package struct IdentifiedPeer: Sendable {
    /// How firmly the process is known that the socket's credentials speak of.
    package enum Pin: Equatable, Sendable {
        /// The kernel gave a descriptor of the very process (`SO_PEERPIDFD`).
        case pidfd
        /// A kernel before 6.5: the descriptor is of whoever had the pid shortly after the connection. Only what the
        /// socket itself says counts.
        case weak
    }

    /// `SO_PEERCRED`: pid, effective uid and gid at connect(2).
    package let credentials: ProcessCredentials

    /// `SO_PEERGROUPS`: the supplementary groups at connect(2).
    package let groups: [UInt32]

    /// `SO_PEERSEC`; a known nil: this system has no labels.
    package let label: ReadFact<String?>

    package let pin: Pin

    /// Of the process, for polling, signalling, and for passing to the opener; closed with the last copy of this.
    package let pidfd: HeldDescriptor

    /// With the boot id, this names the process for ever; nil before Linux 6.9.
    package let pidfdInode: UInt64?

    /// The control group that the process was in when it was identified; nil where the kernel does not say by pidfd.
    package let cgroupID: UInt64?

    /// What was asked for. After an answer of the opener, `merge` it here.
    package var facts: ProcessFacts

    /// False in a user namespace that renumbers ids: then 65534 may stand for anybody, and matches nothing.
    package let idMapIsIdentity: Bool

    /// What the privileged opener could find out in place of this process.
    package func needsOpener(among kinds: ProcessFactKinds) -> ProcessFactKinds {
        pin == .weak ? [] : facts.forPrivilegedReader(among: kinds)
    }
}
