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

extension ChildProcess {
    /// A descriptor of ours and the number that it has in the child.
    public typealias Passing = (source: any Descriptor, target: CInt)

    /// Starts a program (`posix_spawn(3)`).
    ///
    /// The child gets what `passing` names, its standard input, output and error as ours are unless `passing` names
    /// them, and nothing else: every other descriptor is closed, also one that somebody left without close-on-exec.
    /// No signal is blocked in it, and each has its default action.
    /// - Parameters:
    ///   - path: of the executable; `PATH` is not searched.
    ///   - arguments: all of them, the name first.
    ///   - environment: `NAME=VALUE`; our own if `nil`.
    ///   - passing: a source may be passed more than once, also to its own number.
    ///   - directory: to change to.
    ///   - newSession: `setsid(2)`, so that no terminal's signals reach it.
    /// - Throws: what execve(2) says (`ENOENT`, `EACCES`, …), `EAGAIN`, `EBADF` for a source that is not open.
    public static func spawn(
        _ path: FilePath, arguments: [String], environment: [String]? = nil, passing: [Passing] = [],
        directory: FilePath? = nil, newSession: Bool = false
    ) throws(Errno) -> ChildProcess {
        // A dup2 in the child could overwrite the source of a later one. So sources move above all targets first.
        let lowest = max(passing.map(\.target).max() ?? 0, 2) + 1
        var moved: [HeldDescriptor] = []
        for pair in passing {
            precondition(pair.target >= 0, "there is no descriptor \(pair.target)")
            moved.append(HeldDescriptor(try pair.source.duplicate(atOrAbove: lowest)))
        }
        var actions = posix_spawn_file_actions_t()
        try SystemCall.check(posix_spawn_file_actions_init(&actions))
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (source, pair) in zip(moved, passing) {
            // `moved` holds it until after the start.
            try SystemCall.check(
                source.withUnsafeNumber { posix_spawn_file_actions_adddup2(&actions, $0, pair.target) })
        }
        let targets = Set(passing.map(\.target))
        for number in 3..<max(lowest, 3) where !targets.contains(number) {
            try SystemCall.check(posix_spawn_file_actions_addclose(&actions, number))
        }
        try SystemCall.check(linux_spawn_add_close_from(&actions, lowest))
        if let directory {
            try SystemCall.check(
                directory.withPlatformString { linux_spawn_add_change_directory(&actions, $0) })
        }
        var attributes = posix_spawnattr_t()
        try SystemCall.check(posix_spawnattr_init(&attributes))
        defer { posix_spawnattr_destroy(&attributes) }
        try resetSignals(&attributes, newSession: newSession)

        var pid: pid_t = 0
        let argumentVector = CStringVector(arguments)
        let environmentVector = CStringVector(environment ?? currentEnvironment)
        try SystemCall.check(
            path.withPlatformString {
                posix_spawn(&pid, $0, &actions, &attributes, argumentVector.pointers, environmentVector.pointers)
            })
        withExtendedLifetime((moved, argumentVector, environmentVector)) {}
        do {
            return ChildProcess(pid: pid, pidfd: HeldDescriptor(try ProcessDescriptor.open(pid)))
        } catch {
            // Without a descriptor there is no child: nobody could watch it.
            kill(pid, SIGKILL)
            _ = try? SystemCall.retrying { waitpid(pid, nil, 0) }
            throw error
        }
    }

    private static func resetSignals(_ attributes: inout posix_spawnattr_t, newSession: Bool) throws(Errno) {
        var none = sigset_t()
        sigemptyset(&none)
        try SystemCall.check(posix_spawnattr_setsigmask(&attributes, &none))
        var all = sigset_t()
        sigfillset(&all)
        try SystemCall.check(posix_spawnattr_setsigdefault(&attributes, &all))
        let flags =
            CInt(POSIX_SPAWN_SETSIGMASK) | CInt(POSIX_SPAWN_SETSIGDEF)
            | (newSession ? CInt(LINUX_POSIX_SPAWN_SETSID) : 0)
        try SystemCall.check(posix_spawnattr_setflags(&attributes, Int16(flags)))
    }
}

/// A vector of C strings that ends in a null pointer, for execve(2).
private final class CStringVector {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
