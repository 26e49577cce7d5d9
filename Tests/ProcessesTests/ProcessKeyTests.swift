// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import Processes

/// What names a process within a boot, with the inode of pidfs and, as before Linux 6.9, without.
struct ProcessKeyTests {
    private static func sleeper() throws -> ChildProcess {
        try ChildProcess.spawn("/bin/sleep", arguments: ["sleep", "600"])
    }

    private static func inode(_ pidfd: borrowing some Descriptor & ~Copyable, used: Bool) throws -> UInt64? {
        used ? try ProcessDescriptor.inode(of: pidfd) : nil
    }

    @Test("A process that is there is found again, by either name", arguments: [true, false])
    func found(byInode: Bool) throws {
        let child = try Self.sleeper()
        defer {
            try? child.signal(SIGKILL)
            _ = try? child.wait()
        }
        let pidfd = child.pidfd
        // What was taken by start time is compared by start time, on any kernel.
        let inode = try Self.inode(pidfd, used: byInode)
        let key = try ProcessKey(pid: child.pid, pidfd: pidfd, pidfdInode: inode)
        #expect((key.startTicks == nil) == (inode != nil))
        #expect(try ProcessKey(pid: child.pid, pidfd: pidfd, pidfdInode: inode) == key)
        if inode != nil { #expect(key.reopen() != nil) }
        let other = ProcessKey(
            pid: key.pid, pidfdInode: key.pidfdInode.map { $0 + 1 }, startTicks: key.startTicks.map { $0 + 1 })
        #expect(other.reopen() == nil, "whoever has the pid now is another")
    }

    @Test("The start time is that of stat, whatever the process calls itself")
    func startTicks() throws {
        let child = try Self.sleeper()
        defer {
            try? child.signal(SIGKILL)
            _ = try? child.wait()
        }
        let ticks = try ProcessDirectory(pid: child.pid, pinnedBy: child.pidfd).startTicks()
        let perSecond = UInt64(sysconf(CInt(_SC_CLK_TCK)))
        let now = UInt64(BootTime.now.microseconds) / 1_000_000 * perSecond
        #expect(ticks <= now + perSecond && ticks + 60 * perSecond > now, "it has just started")
    }

    @Test("A process that has ended is not found, reaped or not")
    func ended() async throws {
        try await onThread {
            let child = try ChildProcess.spawn("/bin/true", arguments: ["true"])
            let inode = try ProcessDescriptor.inode(of: child.pidfd)
            let key = ProcessKey(pid: child.pid, pidfdInode: inode, startTicks: inode == nil ? 1 : nil)
            try waitOnThread(until: "it to end") { try !ProcessDescriptor.isAlive(child.pidfd) }
            #expect(key.reopen() == nil)
            _ = try child.wait()
            #expect(key.reopen() == nil)
        }
    }
}
