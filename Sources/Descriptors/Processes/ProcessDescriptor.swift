// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// Processes by descriptor (pidfd): a pid is reused, a pidfd names one process for ever.
public enum ProcessDescriptor {
    /// `pidfd_open(2)`.
    ///
    /// Safe for a child that is not reaped; for anybody else the pid may already be another's.
    /// - Throws: `ESRCH`, `EINVAL`, `EMFILE`.
    public static func open(_ pid: Int32) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try SystemCall.retrying { linux_pidfd_open(pid, 0) })
    }

    /// The inode of the process in pidfs (Linux 6.9): with the boot id its name for ever, never reused within a boot.
    ///
    /// - Returns: `nil` on an older kernel, where all pidfds share one inode.
    public static func inode(of pidfd: borrowing some Descriptor & ~Copyable) throws(Errno) -> UInt64? {
        guard try DescriptorStatus.filesystemType(of: pidfd) == LINUX_MAGIC_PIDFS else { return nil }
        return try FileStatus(of: pidfd).inode
    }

    /// Has it not ended? A zombie has (`poll(2)`).
    public static func isAlive(_ pidfd: borrowing some Descriptor & ~Copyable) throws(Errno) -> Bool {
        try Readiness.current(for: .readable, on: pidfd).isEmpty
    }

    /// The pid in our namespace, by `fdinfo`.
    ///
    /// - Throws: `ESRCH` when it was reaped, or is in no pid namespace that we see; `EBADF` for what is no pidfd.
    public static func pid(of pidfd: borrowing some Descriptor & ~Copyable) throws(Errno) -> Int32 {
        guard let pid = try DescriptorInformation(of: pidfd).pid else { throw .badFileDescriptor }
        guard pid > 0 else { throw .noSuchProcess }
        return pid
    }

    /// `PIDFD_GET_INFO`: ids and cgroup of the process in one call.
    ///
    /// - Throws: `ENOTTY` before Linux 6.13, `ESRCH` when it was reaped.
    public static func information(of pidfd: borrowing some Descriptor & ~Copyable) throws(Errno) -> ProcessInformation
    {
        var info = linux_pidfd_info()
        info.mask = UInt64(LINUX_PIDFD_INFO_PID | LINUX_PIDFD_INFO_CREDS | LINUX_PIDFD_INFO_CGROUPID)
        do throws(Errno) {
            try SystemCall.retrying(on: pidfd) { linux_pidfd_get_info($0, &info) }
        } catch .invalidArgument {
            // Linux 6.11 and 6.12 know other requests, and refuse any with an argument.
            throw .inappropriateIOCTLForDevice
        }
        return ProcessInformation(info)
    }

    /// `pidfd_send_signal(2)`; signal 0 only asks whether it may.
    public static func signal(_ pidfd: borrowing some Descriptor & ~Copyable, _ signal: CInt) throws(Errno) {
        try SystemCall.retrying(on: pidfd) { linux_pidfd_send_signal($0, signal) }
    }

    /// Reaps a child (`waitid(2)`).
    ///
    /// - Parameter blocking: wait until it ends. Otherwise the answer may be `nil`: it has not.
    /// - Throws: `ECHILD` for what is not our child, or was reaped.
    public static func reap(_ pidfd: borrowing some Descriptor & ~Copyable, blocking: Bool) throws(Errno) -> ExitStatus?
    {
        var info = siginfo_t()
        try SystemCall.retrying(on: pidfd) {
            linux_pidfd_wait($0, &info, CInt(WEXITED) | (blocking ? 0 : CInt(WNOHANG)))
        }
        var code: CInt = 0
        var status: CInt = 0
        linux_child_status(&info, &code, &status)
        return ExitStatus(code: code, status: status)
    }
}

/// What `PIDFD_GET_INFO` says, in the caller's namespaces.
public struct ProcessInformation: Equatable, Sendable {
    /// The thread group: what everybody calls the pid.
    public let pid: Int32
    public let effectiveUID, effectiveGID: UInt32
    /// The inode of its cgroup's directory; `nil` if the kernel did not say.
    public let cgroupID: UInt64?

    init(_ info: linux_pidfd_info) {
        pid = Int32(bitPattern: info.tgid)
        effectiveUID = info.euid
        effectiveGID = info.egid
        cgroupID = info.mask & UInt64(LINUX_PIDFD_INFO_CGROUPID) != 0 ? info.cgroupid : nil
    }
}
