// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultTestKit

/// Makes system calls of a running process fail, or kills it in one, as `strace --inject` does; until ``end()``, or until
/// the last reference goes. Needs the right to trace.
final class Injection: Sendable {
    static var isPossible: Bool { geteuid() == 0 && Command.find("strace") != nil }

    private let child: ChildProcess
    private let pid: Int32

    /// - Parameter rules: such as `fdatasync:error=EIO`.
    /// - Throws: when it is not in effect for every thread within some seconds.
    convenience init(_ rules: String..., into pid: Int32) throws {
        try self.init(["-o", "/dev/null"] + rules.flatMap { ["-e", "inject=\($0)"] }, pid)
    }

    /// Only writes down which system calls of that name it makes.
    convenience init(watching call: String, of pid: Int32, into file: FilePath) throws {
        try self.init(["-o", file.string, "-e", "trace=\(call)"], pid)
    }

    /// Only writes down which system calls it makes.
    convenience init(watchingAllOf pid: Int32, into file: FilePath) throws {
        try self.init(["-o", file.string], pid)
    }

    /// The command under which a program runs from its first system call on: it keeps its process id, since strace runs as
    /// its grandchild.
    static func start(_ arguments: [String]) -> [String] {
        [Command.find("strace")?.string ?? "strace", "-D", "-f", "-q"] + arguments
    }

    private init(_ arguments: [String], _ pid: Int32) throws {
        guard let strace = Command.find("strace") else { throw Errno.noSuchFileOrDirectory }
        self.pid = pid
        let arguments = ["-f", "-q"] + arguments + ["-p", "\(pid)"]
        let null = HeldDescriptor(try OwnedDescriptor.open("/dev/null", flags: O_RDWR))
        child = try ChildProcess.spawn(
            strace, arguments: [strace.string] + arguments, passing: [(null, 0), (null, 1), (null, 2)])
        try waitOnThread(until: "strace to trace all of \(pid)", every: .milliseconds(5)) {
            let threads = directoryEntries(FilePath("/proc/\(pid)/task"))
            // A process that is gone was killed as it was to be.
            return threads.allSatisfy { thread in
                guard let file = try? OwnedDescriptor.open(FilePath("/proc/\(pid)/task/\(thread)/status")),
                    let text = try? file.readAll(limit: 1 << 16)
                else { return true }
                let status = String(decoding: text, as: UTF8.self)
                return status.contains("State:\tZ") || !status.contains("TracerPid:\t0\n")
            }
        }
    }

    /// Lets the process go on undisturbed.
    func end() throws {
        try child.signal(SIGTERM)
        do {
            try waitOnThread(until: "strace to end", limit: .seconds(10)) { try child.reap() != nil }
        } catch is WaitTimeout {
            // Of a tracer that is gone the kernel lets all go; what it had stopped itself goes on by this.
            try child.signal(SIGKILL)
            _ = try child.wait()
            kill(pid, SIGCONT)
        }
    }

    deinit {
        try? child.signal(SIGKILL)
        _ = try? child.wait()
    }
}
