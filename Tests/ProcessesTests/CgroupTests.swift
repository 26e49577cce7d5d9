// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import Processes

/// "Unit and cgroup path are cached by cgroup id" (Decisions: what costs little is read for everybody), and still true when a process moves.
struct CgroupTests {
    /// Where the unified hierarchy is mounted and can be written; nil elsewhere.
    private static let hierarchy: FilePath? = {
        let bytes = (try? OwnedDescriptor.open("/proc/self/mounts").readAll(limit: 1 << 24)) ?? []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[2] == "cgroup2", geteuid() == 0 else { continue }
            let path = FilePath(String(fields[1]))
            if access(path.string, W_OK) == 0 { return path }
        }
        return nil
    }()

    /// A control group that is removed with the last reference; its processes must have ended by then.
    private final class Group: Sendable {
        let path: FilePath
        let name: String

        init(_ name: String) throws {
            self.name = "\(name)-\(getpid()).service"
            guard let hierarchy = CgroupTests.hierarchy else { throw Errno.noSuchFileOrDirectory }
            path = hierarchy.appending(self.name)
            guard mkdir(path.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        }

        func take(_ pid: Int32) throws {
            let file = try OwnedDescriptor.open(path.appending("cgroup.procs"), flags: O_WRONLY)
            try file.writeAll(Array("\(pid)".utf8).span)
        }

        deinit { rmdir(path.string) }
    }

    @Test(
        "A peer that moves to another group is known to have moved, and its unit is read anew",
        .enabled(if: hierarchy != nil, "needs root and a control group hierarchy of version 2"))
    func moves() async throws {
        try await onThread {
            let (first, second) = (try Group("vault-test-a"), try Group("vault-test-b"))
            let peer = try ConnectedPeer()
            let other = try ConnectedPeer()
            try first.take(peer.pid)
            let identification = PeerIdentification()
            let identified = try identification.identify(socket: peer.connection, needs: .cgroup).get()
            #expect(identified.facts.unit.value??.name == first.name)
            #expect(identification.recheck(identified, using: .cgroup) == .unchanged)

            try second.take(peer.pid)
            #expect(identification.recheck(identified, using: .cgroup) == .changed(.cgroup))
            #expect(identification.recheck(identified, using: [.cgroup, .executable]) == .changed(.cgroup))
            #expect(identification.recheck(identified, using: []) == .unchanged)
            let again = try identification.identify(socket: peer.connection, needs: .cgroup).get()
            #expect(again.facts.unit.value??.name == second.name)

            // The first group's path is remembered, and is the right one for who is in it now.
            try first.take(other.pid)
            let third = try identification.identify(socket: other.connection, needs: .all).get()
            #expect(third.facts.cgroup.value?.hasSuffix("/\(first.name)") == true)
            try peer.kill()
            try other.kill()
            withExtendedLifetime((first, second, peer, other)) {}
        }
    }

    @Test("The path of a control group is read byte by byte, and that of one that was removed is not known")
    func lines() {
        func path(_ text: String) -> ReadFact<String> { ProcessDirectory.cgroup(in: Array(text.utf8)) }
        #expect(path("1:name=x:/y\n0::/a.slice\n") == .known("/a.slice"))
        #expect(path("0::/a\r\n") == .known("/a\r"))
        #expect(path("0::/\u{301}a\n") == .known("/\u{301}a"))
        #expect(path("0::/a.service (deleted)\n") == .unknown(.groupGone))
        #expect(path("0::/a.service/x (deleted)\n") == .unknown(.groupGone))
        #expect(path("0::/..\n") == .unknown(.outsideNamespace))
        #expect(path("0::/../a\n") == .unknown(.outsideNamespace))
        #expect(path("0::a\n") == .unknown(.malformed))
        #expect(path("1:name=x:/y\n") == .unknown(.noUnifiedHierarchy))
        #expect(ProcessDirectory.cgroup(in: Array("0::/".utf8) + [0xff, 0x0a]) == .unknown(.notText))
    }

    @Test("Paths are remembered up to a limit, beyond which all are learnt again")
    func limit() {
        var paths = CgroupPaths()
        for id in 0..<UInt64(CgroupPaths.limit) { paths.remember("/\(id)", ofGroup: id) }
        #expect(paths.path(ofGroup: 7) == "/7")
        paths.remember("/new", ofGroup: 1 << 40)
        #expect(paths.path(ofGroup: 7) == nil)
        #expect(paths.path(ofGroup: 1 << 40) == "/new")
    }
}
