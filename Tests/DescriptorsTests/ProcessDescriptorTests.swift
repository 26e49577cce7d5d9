// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A descriptor of a process")
struct ProcessDescriptorTests {
    @Test("has an inode of its own, the same in every descriptor of that process, where pidfs is")
    func inode() async throws {
        try await onThread {
            let child = try ChildProcess.spawn("/bin/sleep", arguments: ["sleep", "1000"])
            let own = try ProcessDescriptor.open(getpid())
            let again = try ProcessDescriptor.open(getpid())
            let inode = try ProcessDescriptor.inode(of: own)
            #expect(try ProcessDescriptor.inode(of: again) == inode)
            if inode != nil { #expect(try ProcessDescriptor.inode(of: child.pidfd) != inode) }
            let null = try OwnedDescriptor.open("/dev/null")
            #expect(try ProcessDescriptor.inode(of: null) == nil)
            try child.signal(SIGKILL)
            _ = try child.wait()
        }
    }

    @Test("tells ids, parent and cgroup in one call since Linux 6.13, and ENOTTY before")
    func information() async throws {
        try await onThread {
            let child = try ChildProcess.spawn("/bin/sleep", arguments: ["sleep", "1000"])
            do throws(Errno) {
                let information = try ProcessDescriptor.information(of: child.pidfd)
                #expect(information.pid == child.pid)
                #expect(information.effectiveUID == geteuid())
                if let cgroup = information.cgroupID { #expect(cgroup > 0) }
            } catch {
                #expect(error == .inappropriateIOCTLForDevice)
            }
            try child.signal(SIGKILL)
            _ = try child.wait()
            #expect(throws: Errno.self) { _ = try ProcessDescriptor.information(of: child.pidfd) }
            #expect(throws: Errno.noSuchProcess) { _ = try ProcessDescriptor.pid(of: child.pidfd) }
        }
    }

    @Test("says that a zombie has ended")
    func zombie() async throws {
        let child = HeldChild(try ChildProcess.spawn("/bin/true", arguments: ["true"]))
        try await waitUntil("the child to end") { try !ProcessDescriptor.isAlive(child.pidfd) }
        #expect(try ProcessDescriptor.reap(child.pidfd, blocking: false) == .exited(0))
    }

    @Test("does not exist of a process that does not exist, and other descriptors are none")
    func none() throws {
        #expect(throws: Errno.noSuchProcess) { _ = try ProcessDescriptor.open(0x3FFF_FFFF) }
        #expect(throws: Errno.invalidArgument) { _ = try ProcessDescriptor.open(-1) }
        let null = try OwnedDescriptor.open("/dev/null")
        #expect(throws: Errno.badFileDescriptor) { _ = try ProcessDescriptor.pid(of: null) }
        #expect(throws: Errno.badFileDescriptor) { try ProcessDescriptor.signal(null, 0) }
    }
}

/// A child for tests that wait without blocking.
final class HeldChild: Sendable {
    private let child: ChildProcess

    init(_ child: consuming ChildProcess) {
        self.child = child
    }

    var pidfd: HeldDescriptor { child.pidfd }
}
