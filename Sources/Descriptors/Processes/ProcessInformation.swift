// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What `PIDFD_GET_INFO` says, in the caller's namespaces.
public struct ProcessInformation: Equatable, Sendable {
    /// The thread group: what everybody calls the pid.
    public let pid: Int32
    /// 0 if the parent is in no pid namespace that we see.
    public let parentPID: Int32
    public let realUID, effectiveUID, savedUID, filesystemUID: UInt32
    public let realGID, effectiveGID, savedGID, filesystemGID: UInt32
    /// The inode of its cgroup's directory; `nil` if the kernel did not say.
    public let cgroupID: UInt64?

    init(_ info: linux_pidfd_info) {
        pid = Int32(bitPattern: info.tgid)
        parentPID = Int32(bitPattern: info.ppid)
        realUID = info.ruid
        effectiveUID = info.euid
        savedUID = info.suid
        filesystemUID = info.fsuid
        realGID = info.rgid
        effectiveGID = info.egid
        savedGID = info.sgid
        filesystemGID = info.fsgid
        cgroupID = info.mask & UInt64(LINUX_PIDFD_INFO_CGROUPID) != 0 ? info.cgroupid : nil
    }
}
