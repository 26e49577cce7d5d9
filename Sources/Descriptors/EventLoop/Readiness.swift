// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What a descriptor is ready for.
public struct Readiness: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let readable = Readiness(rawValue: LINUX_EPOLLIN)
    public static let writable = Readiness(rawValue: LINUX_EPOLLOUT)
    /// The peer writes no more; only if ``Interest/peerClosed`` was asked for.
    public static let peerClosed = Readiness(rawValue: LINUX_EPOLLRDHUP)
    public static let priority = Readiness(rawValue: LINUX_EPOLLPRI)
    /// Both directions are closed (`EPOLLHUP`), or the write end of a pipe is. What was sent before can still be read.
    public static let hangUp = Readiness(rawValue: LINUX_EPOLLHUP)
    /// An error waits (`EPOLLERR`), or the read end of a pipe is closed.
    public static let error = Readiness(rawValue: LINUX_EPOLLERR)
}

/// What a watch waits for. Hang-up and error are reported whatever it is.
///
/// Empty means just these two. The loop is level-triggered: a descriptor that has hung up is reported in each turn
/// until it is unwatched.
public struct Interest: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let readable = Interest(rawValue: LINUX_EPOLLIN)
    public static let writable = Interest(rawValue: LINUX_EPOLLOUT)
    /// The peer of a stream or seqpacket socket writes no more (`EPOLLRDHUP`), though data may be left to read.
    public static let peerClosed = Interest(rawValue: LINUX_EPOLLRDHUP)
    /// Out-of-band data, or a change in a file of `/proc` or a cgroup (`EPOLLPRI`).
    public static let priority = Interest(rawValue: LINUX_EPOLLPRI)
}
