// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

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

    /// What a descriptor is ready for at this moment, of `interest`, and whether it has hung up or has an error
    /// (`poll(2)`).
    public static func current(
        for interest: Interest, on descriptor: borrowing some Descriptor & ~Copyable
    ) throws(Errno) -> Readiness {
        try poll(interest, on: descriptor, milliseconds: 0)
    }

    /// Waits, blocking, until a descriptor is ready for something of `interest`, hung up or has an error (`poll(2)`).
    ///
    /// - Returns: empty when `deadline` came first. `nil` waits for ever.
    public static func wait(
        for interest: Interest, on descriptor: borrowing some Descriptor & ~Copyable, until deadline: BootTime? = nil
    ) throws(Errno) -> Readiness {
        while true {
            let milliseconds = milliseconds(until: deadline)
            let readiness = try poll(interest, on: descriptor, milliseconds: milliseconds)
            if !readiness.isEmpty || milliseconds == 0 { return readiness }
        }
    }

    /// The same for several: returns when one of them is ready.
    ///
    /// - Returns: what each is ready for, in their order; all empty when `deadline` came first.
    public static func wait(
        forAnyOf requests: [(descriptor: HeldDescriptor, interest: Interest)], until deadline: BootTime? = nil
    ) throws(Errno) -> [Readiness] {
        // The array keeps all of them open while their numbers lie in `polled`.
        try withExtendedLifetime(requests) { requests throws(Errno) in
            var polled = requests.map { request in
                request.descriptor.withUnsafeNumber {
                    pollfd(fd: $0, events: Int16(truncatingIfNeeded: request.interest.rawValue), revents: 0)
                }
            }
            while true {
                let milliseconds = milliseconds(until: deadline)
                let count = try SystemCall.retrying { Glibc.poll(&polled, nfds_t(polled.count), milliseconds) }
                if count > 0 || milliseconds == 0 {
                    return polled.map { Readiness(rawValue: UInt32(UInt16(bitPattern: $0.revents))) }
                }
            }
        }
    }

    private static func poll(
        _ interest: Interest, on descriptor: borrowing some Descriptor & ~Copyable, milliseconds: CInt
    ) throws(Errno) -> Readiness {
        // The bits of poll(2) are those of epoll(7).
        let events = Int16(truncatingIfNeeded: interest.rawValue)
        let (count, revents) = try descriptor.withUnsafeNumber { number throws(Errno) in
            var request = pollfd(fd: number, events: events, revents: 0)
            let count = try SystemCall.retrying { Glibc.poll(&request, 1, milliseconds) }
            return (count, request.revents)
        }
        return count == 0 ? [] : Readiness(rawValue: UInt32(UInt16(bitPattern: revents)))
    }

    /// Rounded up, so that the last part of a millisecond is not spent spinning.
    private static func milliseconds(until deadline: BootTime?) -> CInt {
        guard let deadline else { return -1 }
        let rest = deadline.microseconds.subtractingReportingOverflow(BootTime.now.microseconds)
        if rest.overflow { return deadline.microseconds < 0 ? 0 : .max }
        return rest.partialValue <= 0 ? 0 : CInt(clamping: (rest.partialValue - 1) / 1000 + 1)
    }
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
