// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// One system call at a time fails, or is the last one, in each act of the daemon: what was answered is so, now and after the
/// next start, and what was not answered is one or the other; the log is whole.
@Suite(.serialized) struct FaultSweepTests {
    /// What can fail in the field, and how. A failing mmap(2) or futex(2) is not among it: there is no program without them.
    private static let errors = [
        ("openat", "EIO"), ("openat", "EMFILE"), ("openat2", "EIO"), ("newfstatat", "EIO"), ("statx", "EIO"),
        ("fstat", "EIO"),
        ("statfs", "EIO"), ("fstatfs", "EIO"), ("readlinkat", "EIO"), ("readlink", "EIO"), ("getdents64", "EIO"),
        ("pread64", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("fdatasync", "EIO"), ("fsync", "EIO"),
        ("ftruncate", "EIO"), ("fallocate", "ENOSPC"), ("fcntl", "ENOLCK"), ("flock", "ENOLCK"), ("unlinkat", "EIO"),
        ("unlink", "EIO"), ("rename", "EIO"), ("renameat", "EIO"), ("renameat2", "EIO"), ("linkat", "EIO"),
        ("mkdirat", "ENOSPC"), ("mkdir", "ENOSPC"), ("fchmod", "EPERM"), ("fchown", "EPERM"), ("fchmodat", "EPERM"),
        ("fchownat", "EPERM"), ("chmod", "EPERM"), ("chown", "EPERM"), ("socket", "EMFILE"), ("socketpair", "EMFILE"),
        ("bind", "EADDRINUSE"), ("listen", "EADDRINUSE"), ("connect", "ECONNREFUSED"), ("accept4", "EMFILE"),
        ("sendmsg", "ENOBUFS"), ("sendmsg", "ETOOMANYREFS"), ("recvmsg", "ENOMEM"), ("pipe2", "EMFILE"),
        ("memfd_create", "EMFILE"), ("epoll_ctl", "ENOMEM"), ("epoll_create1", "EMFILE"), ("eventfd2", "EMFILE"),
        ("timerfd_create", "EMFILE"), ("pidfd_open", "EMFILE"), ("pidfd_send_signal", "ESRCH"), ("dup3", "EMFILE"),
        ("getsockopt", "ENOBUFS"), ("setsockopt", "ENOBUFS"), ("clone3", "EAGAIN"), ("clone", "EAGAIN"),
        ("vfork", "EAGAIN"),
        ("inotify_init1", "EMFILE"), ("getrandom", "EIO"),
    ]

    /// What leaves something behind. Killed between two of them is killed right before the later one.
    private static let lasting = [
        "openat", "pwrite64", "write", "fdatasync", "fsync", "ftruncate", "fallocate", "unlinkat", "unlink", "rename",
        "renameat",
        "renameat2", "linkat", "mkdirat", "mkdir", "fchmod", "fchown", "chmod", "chown", "sendmsg", "bind", "flock",
    ]

    enum Act: String, CaseIterable {
        case open, grant, revoke, apply, prune, checkpoint, stop, start
    }

    /// One fault: how, in which call of which thread.
    private struct Point: CustomStringConvertible {
        var act: Act
        var call: String
        var number: Int
        /// nil: it is killed there.
        var error: String?

        var rule: String { "\(call):\(error.map { "error=\($0)" } ?? "signal=SIGKILL"):when=\(number)" }
        var description: String { "\(act) \(rule)" }
    }

    /// What was answered, and so has to be true.
    private final class Answered {
        var inForce: Set<String> = []
        var gone: Set<String> = []
        var received = ""
        var number = 0
    }

    private static let wanted = "needs root, strace and python3"

    @Test(
        "Whichever system call fails or is the last one, what was answered is so, and the log is whole",
        .enabled(if: Injection.isPossible && Programs.python != nil, "\(wanted)"), arguments: Act.allCases)
    func sweep(act: Act) async throws {
        let seed = Seed()
        var choices = seed.generator
        let daemon = try await StandardVault.start()
        let answered = Answered()
        let counts = try await trace(act, daemon, answered)
        let all = Self.points(act, counts)
        #expect(!all.isEmpty, "\(act) makes system calls that can fail: \(counts)")
        let points = Soak.isOn ? all : Array(all.shuffled(using: &choices).prefix(2))
        for (place, point) in points.enumerated() {
            try await prepare(act, daemon, answered)
            try await strike(point, daemon, answered)
            try await check(point, daemon, answered)
            if place % 50 == 49 { try await checkLog(daemon, answered) }
        }
        try await checkLog(daemon, answered)
        print("\(act): \(points.count) of \(all.count) faults in \(counts.values.reduce(0, +)) system calls")
    }

    private static func points(_ act: Act, _ counts: [String: Int]) -> [Point] {
        let failing = errors.flatMap { call, error in
            (0..<(counts[call] ?? 0)).map { Point(act: act, call: call, number: $0 + 1, error: error) }
        }
        let killed = lasting.flatMap { call in
            (0..<(counts[call] ?? 0)).map { Point(act: act, call: call, number: $0 + 1) }
        }
        return failing + killed
    }

    /// The system calls that an act takes, undisturbed.
    private func trace(_ act: Act, _ daemon: Daemon, _ answered: Answered) async throws -> [String: Int] {
        try await prepare(act, daemon, answered)
        let file = daemon.directory.path("trace-\(act)")
        if act == .start {
            try await daemon.start(under: Injection.start(["-o", file.string]))
        } else {
            let pid = try daemon.pid
            let watching = try await onThread { try Injection(watchingAllOf: pid, into: file) }
            try await perform(act, daemon, answered)
            try await onThread { try watching.end() }
        }
        if act != .stop { try await daemon.terminate() }
        try await daemon.start()
        return try SystemCallTrace(file).most
    }

    /// What has to be there before the act, which may be wanted of a daemon that is not running.
    private func prepare(_ act: Act, _ daemon: Daemon, _ answered: Answered) async throws {
        answered.number += 1
        switch act {
        case .start: try await daemon.terminate()
        case .revoke:
            let granted = try await grant(daemon, answered)
            #expect(granted, "nothing fails yet")
        case .prune:
            try await onThread {
                let connection = try RawConnection(to: daemon.socket)
                for _ in 0..<70 {
                    _ = try connection.call(
                        RawConnection.open("files/secret", "files/shared", "ports/one", "pipes/one"))
                }
            }
            #expect(try await daemon.vault("audit", "checkpoint").status.isSuccess)
        case .open, .grant, .apply, .checkpoint, .stop: break
        }
    }

    private func strike(_ point: Point, _ daemon: Daemon, _ answered: Answered) async throws {
        let began = ContinuousClock.now
        if point.act == .start {
            do {
                try await daemon.start(under: Injection.start(["-o", "/dev/null", "-e", "inject=\(point.rule)"]))
            } catch is DaemonFailure {
                // It says why, and ends; what it does not do is to wait for ever.
                #expect(
                    ContinuousClock.now - began < .seconds(25),
                    "\(point): it neither started nor ended\n\(daemon.log.suffix(2000))")
            }
        } else {
            let pid = try daemon.pid
            let injection = try await onThread { try Injection(point.rule, into: pid) }
            try await perform(point.act, daemon, answered)
            try await onThread { try injection.end() }
        }
        #expect(ContinuousClock.now - began < .seconds(30), "\(point) takes long")
    }

    /// Does it, and notes what was answered.
    private func perform(_ act: Act, _ daemon: Daemon, _ answered: Answered) async throws {
        switch act {
        case .start: break
        case .open: answered.received += await onThread { Self.open(daemon) }
        case .grant: _ = try await grant(daemon, answered)
        case .revoke:
            let id = "swept-\(answered.number)"
            let revoked = try await daemon.vault("revoke", id)
            answered.inForce.remove(id)
            if revoked.status.isSuccess { answered.gone.insert(id) }
        case .apply:
            let id = "applied-\(answered.number)"
            let directory = "next-\(answered.number)"
            _ = mkdir(daemon.directory.path(directory).string, 0o755)
            let rule = "  - { id: \(id), permit: [open], capability: [a/b], to: { uid: 4713 } }\n"
            let text = StandardVault.policy.replacing("@DIRECTORY@", with: daemon.directory.path.string)
            try daemon.directory.write(text + rule, to: "\(directory)/standard.yaml", mode: 0o644)
            let applied = try await daemon.vault("policy", "apply", daemon.directory.path(directory).string)
            if applied.status.isSuccess {
                answered.inForce = answered.inForce.filter { !$0.utf8.starts(with: "applied-".utf8) }.union([id])
            } else {
                answered.inForce = answered.inForce.filter { !$0.utf8.starts(with: "applied-".utf8) }
            }
        case .prune:
            _ = try await daemon.vault("audit", "prune", "--before", "\(answered.number * 256)", "--without-archive")
        case .checkpoint: _ = try await daemon.vault("audit", "checkpoint")
        case .stop: try await daemon.terminate()
        }
    }

    private func grant(_ daemon: Daemon, _ answered: Answered) async throws -> Bool {
        let id = "swept-\(answered.number)"
        let granted = try await daemon.vault("grant", "a/b", "--to", "uid:\(StandardVault.stranger)", "--id", id)
        if granted.status.isSuccess { answered.inForce.insert(id) }
        return granted.status.isSuccess
    }

    /// Some descriptors, of several kinds, and which records came with them.
    private static func open(_ daemon: Daemon) -> String {
        var received = ""
        guard let connection = try? RawConnection(to: daemon.socket) else { return received }
        for name in ["files/secret", "files/shared", "pipes/one", "memory/secret", "ports/one"] {
            guard let reply = try? connection.call(RawConnection.open(name)) else { break }
            guard let grant = reply.parameters["grants"]?.array?.first, !reply.descriptors.isEmpty,
                let record = grant["record"]?.integer
            else { continue }
            received += "\(record) \(name)\n"
        }
        return received
    }

    /// After a kill and the next start, with nothing failing any more.
    private func check(_ point: Point, _ daemon: Daemon, _ answered: Answered) async throws {
        try? await daemon.crash()
        do {
            try await daemon.start()
        } catch {
            Issue.record("\(point): the next start fails: \(error)")
            throw error
        }
        let listed = try await daemon.vault("rules", "--output", "json")
        let rules = try JSONValue(parsing: listed.text).array ?? []
        let active = Set(rules.filter { $0["suspended"] != true }.compactMap { $0["id"]?.string })
        #expect(
            answered.inForce.subtracting(active).isEmpty,
            "\(point): answered, and not there after a start: \(listed.text)\(listed.errorText)")
        #expect(answered.gone.intersection(active).isEmpty, "\(point): revoked, and there after a start")
        let opened = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        #expect(opened.text == StandardVault.secret, "\(point): nothing is granted any more: \(opened.errorText)")
    }

    private func checkLog(_ daemon: Daemon, _ answered: Answered) async throws {
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon, received: [geteuid(): answered.received])
        try await daemon.start()
    }
}
