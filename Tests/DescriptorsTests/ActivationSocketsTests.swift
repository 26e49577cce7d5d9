// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import Descriptors

@Suite("Sockets of a service manager")
struct ActivationSocketsTests {
    private func declared(_ environment: [String], inode: UInt64? = nil) throws(Errno) -> [String] {
        try ActivationSockets.declaration(in: environment, pid: 42) { inode }.map { "\($0.number)=\($0.name)" }
    }

    @Test("are numbered from 3 on and have names, or are unknown")
    func names() throws {
        #expect(try declared([]) == [])
        #expect(try declared(["LISTEN_PID=42", "LISTEN_FDS=2"]) == ["3=unknown", "4=unknown"])
        #expect(try declared(["LISTEN_FDS=2", "LISTEN_PID=42", "LISTEN_FDNAMES=a:b"]) == ["3=a", "4=b"])
        #expect(try declared(["LISTEN_FDS=1", "LISTEN_PID=42", "LISTEN_FDNAMES="]) == ["3="])
        #expect(try declared(["LISTEN_FDS=0", "LISTEN_PID=42", "LISTEN_FDNAMES="]) == [])
        #expect(try declared(["LISTEN_PID=42"]) == [])
    }

    @Test("of another process are not ours, by its pid and by its inode")
    func others() throws {
        #expect(try declared(["LISTEN_PID=43", "LISTEN_FDS=2"]) == [])
        #expect(try declared(["LISTEN_FDS=2"]) == [])
        let environment = ["LISTEN_PID=42", "LISTEN_FDS=1", "LISTEN_PIDFDID=7"]
        #expect(try declared(environment, inode: 8) == [])
        #expect(try declared(environment, inode: 7) == ["3=unknown"])
        #expect(try declared(environment, inode: nil) == ["3=unknown"])
    }

    @Test(
        "that are not declared as sd_listen_fds(3) says are refused",
        arguments: [
            ["LISTEN_PID=x", "LISTEN_FDS=1"], ["LISTEN_PID=-42", "LISTEN_FDS=1"], ["LISTEN_PID=42", "LISTEN_FDS=-1"],
            ["LISTEN_PID=42", "LISTEN_FDS=1x"], ["LISTEN_PID=42", "LISTEN_FDS=99999999999"],
            ["LISTEN_PID=42", "LISTEN_FDS=2", "LISTEN_FDNAMES=a"],
            ["LISTEN_PID=42", "LISTEN_FDS=1", "LISTEN_PIDFDID=x"],
        ])
    func refused(environment: [String]) {
        #expect(throws: Errno.badMessage) { _ = try declared(environment) }
    }

    @Test("are taken once, close-on-exec, and children do not hear of them")
    func take() async {
        await #expect(processExitsWith: .success) {
            let listener = try MessageSocket.pair()
            #expect(listener.first.withUnsafeNumber { dup2($0, 200) } == 200)
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_FDNAMES", "vault.socket", 1)
            let entries = try ActivationSockets.take(from: 200)
            #expect(entries.map(\.name) == ["vault.socket"])
            #expect(ActivationSockets.firstNumber == 3)
            #expect(entries.first?.descriptor.withUnsafeNumber { $0 == 200 } == true)
            #expect(try DescriptorStatus.isCloseOnExec(BareNumber(200)))
            #expect(try ActivationSockets.take().isEmpty)
            #expect(!ChildProcess.currentEnvironment.contains { $0.hasPrefix("LISTEN_") })
            withExtendedLifetime(entries) {}
        }
    }

    /// Newer service managers name the process by its inode too. A kernel before 6.9 has no inodes for processes, and then
    /// the pid decides.
    @Test("are taken by the process whose inode is declared, and by no other", arguments: [UInt64(0), 1])
    func inode(offset: UInt64) async {
        await #expect(processExitsWith: .success) { [offset] in
            let process = try ProcessDescriptor.open(getpid())
            let inode = try ProcessDescriptor.inode(of: process)
            let listener = try MessageSocket.pair()
            #expect(listener.first.withUnsafeNumber { dup2($0, 200) } == 200)
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_PIDFDID", "\((inode ?? 0) &+ offset)", 1)
            let entries = try ActivationSockets.take(from: 200)
            #expect(entries.count == (offset == 0 || inode == nil ? 1 : 0))
            #expect(!ChildProcess.currentEnvironment.contains { $0.hasPrefix("LISTEN_") })
            withExtendedLifetime(process) {}
            withExtendedLifetime(listener) {}
        }
    }

    @Test("that are declared and not open are an error")
    func notOpen() async {
        await #expect(processExitsWith: .success) {
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "5000", 1)
            #expect(throws: Errno.badFileDescriptor) { _ = try ActivationSockets.take() }
        }
    }
}
