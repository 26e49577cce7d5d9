// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// A program that this process started, by its pid and a descriptor of it.
///
/// Ending the value's life closes the pidfd; it neither kills nor reaps. A pidfd is readable when the process has
/// ended: watch ``pidfd``, then ``reap()``.
@frozen public struct ChildProcess: ~Copyable, Sendable {
    public let pid: Int32
    /// Shared, so that an ``EventLoop`` can watch it.
    public let pidfd: HeldDescriptor

    /// Waits for the end, blocking, and reaps.
    /// - Throws: `ECHILD` if somebody else has reaped it.
    public func wait() throws(Errno) -> ExitStatus {
        guard let status = try ProcessDescriptor.reap(pidfd, blocking: true) else { throw .noChildProcess }
        return status
    }

    /// Reaps it if it has ended; `nil` if not.
    public func reap() throws(Errno) -> ExitStatus? {
        try ProcessDescriptor.reap(pidfd, blocking: false)
    }

    /// Sends a signal to this very process. One that has ended and is not reaped gets nothing and this does not throw.
    public func signal(_ signal: CInt) throws(Errno) {
        try ProcessDescriptor.signal(pidfd, signal)
    }

    /// The environment of this process, as `NAME=VALUE`. Not while another thread changes it.
    public static var currentEnvironment: [String] {
        guard var next = linux_environment() else { return [] }
        var variables: [String] = []
        while let entry = next.pointee {
            variables.append(String(cString: entry))
            next += 1
        }
        return variables
    }
}

/// How a process ended.
public enum ExitStatus: Equatable, Hashable, Sendable {
    /// The status that it gave to exit(3), 0 to 255.
    case exited(CInt)
    case killed(signal: CInt, dumpedCore: Bool)

    public var isSuccess: Bool { self == .exited(0) }

    /// From the fields that waitid(2) and signalfd(2) share.
    public init?(code: CInt, status: CInt) {
        switch code {
        case CInt(CLD_EXITED): self = .exited(status)
        case CInt(CLD_KILLED): self = .killed(signal: status, dumpedCore: false)
        case CInt(CLD_DUMPED): self = .killed(signal: status, dumpedCore: true)
        default: return nil
        }
    }
}
