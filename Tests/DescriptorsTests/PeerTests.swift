// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The peer of a Unix socket")
struct PeerTests {
    @Test("is known by the ids and groups that it had when it connected")
    func own() throws {
        let pair = try MessageSocket.pair()
        #expect(
            try Peer.credentials(of: pair.first)
                == ProcessCredentials(pid: getpid(), uid: geteuid(), gid: getegid()))
        var groups = [gid_t](repeating: 0, count: 65536)
        let count = Int(getgroups(CInt(groups.count), &groups))
        #expect(try Set(Peer.groups(of: pair.first)) == Set(groups[..<count]))
    }

    @Test("has all its groups told, however many", .enabled(if: geteuid() == 0, "needs root, to set groups"))
    func manyGroups() async {
        await #expect(processExitsWith: .success) {
            for count in [0, 1, 32, 33, 1000, 65536] {
                let groups = (0..<count).map { gid_t($0 + 1000) }
                #expect(linux_setgroups(groups.count, groups) == 0)
                let pair = try MessageSocket.pair()
                #expect(try Peer.groups(of: pair.first) == groups)
            }
        }
    }

    @Test("has a label or none, and none is an answer, not an error")
    func label() throws {
        let pair = try MessageSocket.pair()
        let label = try Peer.label(of: pair.first)
        let current = try? OwnedDescriptor.open("/proc/self/attr/current").readAll()
        if current == nil {
            #expect(label == nil)
        } else {
            #expect(label == nil || label?.isEmpty == false)
        }
    }

    @Test("has a descriptor that names its process")
    func processDescriptor() throws {
        let pair = try MessageSocket.pair()
        let pidfd = try Peer.processDescriptor(of: pair.first)
        #expect(try ProcessDescriptor.pid(of: pidfd) == getpid())
        #expect(try DescriptorStatus.isCloseOnExec(pidfd))
        #expect(try ProcessDescriptor.isAlive(pidfd))
    }

    @Test("that has ended and was reaped is still told apart by its descriptor, or has none any more")
    func reaped() async throws {
        let directory = try TemporaryDirectory()
        let listener = try UnixSocket.listen(at: .path(directory.path("s")), nonBlocking: false)
        var command = Command("python3", "-c", "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])")
        command.arguments.append(directory.path("s").string)
        #expect(try await command.run().status == .exited(0))
        let connection = try UnixSocket.accept(on: listener)
        let credentials = try Peer.credentials(of: connection)
        #expect(credentials.pid != getpid())
        do {
            let pidfd = try Peer.processDescriptor(of: connection)
            #expect(try !ProcessDescriptor.isAlive(pidfd))
            #expect(throws: Errno.noSuchProcess) { _ = try ProcessDescriptor.pid(of: pidfd) }
        } catch {
            #expect([Errno.invalidArgument, .noSuchProcess].contains(error))
        }
    }

    @Test("does not exist on a socket that is not connected, and not on what is no socket")
    func none() throws {
        let socket = try UnixSocket.make(.stream)
        #expect(throws: Errno.self) { _ = try Peer.processDescriptor(of: socket) }
        let null = try OwnedDescriptor.open("/dev/null")
        #expect(throws: Errno.notSocket) { _ = try Peer.credentials(of: null) }
    }
}
