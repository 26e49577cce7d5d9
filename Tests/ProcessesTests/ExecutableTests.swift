// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import Processes

/// "`exe` of a file that is gone is unknown" (Decisions: what the caller can make of itself does not protect), and so is
/// whatever else the process itself can make of it.
struct ExecutableTests {
    /// A copy of the peer's program in a directory of its own.
    private struct Copy {
        let directory: TemporaryDirectory
        var path: FilePath { directory.path("program") }

        init() throws {
            directory = try TemporaryDirectory(mode: 0o755)
            try write(to: path)
        }

        func write(to path: FilePath) throws {
            let program = try OwnedDescriptor.open(BuiltProgram.path("ConnectingPeer")).readAll(limit: 1 << 28)
            let file = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o755)
            try file.writeAll(program.span)
        }
    }

    @Test("A program whose file was replaced, or removed, is not known; that it changed is seen before sending")
    func fileGone() async throws {
        try await onThread {
            for isReplaced in [true, false] {
                let copy = try Copy()
                let peer = try ConnectedPeer(copy: copy.path)
                let identification = PeerIdentification()
                let before = try identification.identify(socket: peer.connection, needs: .executable).get()
                #expect(before.facts.executable.value?.path == copy.path.string)
                if isReplaced {
                    let new = copy.directory.path("new")
                    try copy.write(to: new)
                    #expect(rename(new.string, copy.path.string) == 0)
                } else {
                    #expect(unlink(copy.path.string) == 0)
                }
                #expect(identification.recheck(before, using: .executable) == .changed(.executable))
                let after = try identification.identify(socket: peer.connection, needs: .executable).get()
                #expect(after.facts.executable == .unknown(.fileGone))
                #expect(after.needsOpener(among: .all) == [])
                // It was the worst that it can be when it was decided about.
                #expect(identification.recheck(after, using: .executable) == .unchanged)
            }
        }
    }

    @Test(
        "With mounts of its own a process is where it says only if that is the same file for everybody",
        .enabled(if: geteuid() == 0 && Command.find("unshare") != nil, "needs root and unshare"))
    func otherMounts() async throws {
        try await onThread {
            let copy = try Copy()
            let mask = "mount --bind \(copy.path) /usr/bin/true && exec /usr/bin/true \"$2\""
            let liar = try ConnectedPeer(wrapper: ["unshare", "--mount", "sh", "-c", mask, "sh"])
            let honest = try ConnectedPeer(wrapper: ["unshare", "--mount"])
            let loop = PeerIdentification()
            let opener = PeerIdentification(mayLookUpPaths: true)
            for peer in [liar, honest] {
                let seen = try loop.identify(socket: peer.connection, needs: .executable).get()
                #expect(seen.facts.executable == .unknown(.otherMounts))
                #expect(seen.needsOpener(among: .executable) == .executable)
            }
            let lie = try opener.identify(socket: liar.connection, needs: .executable).get()
            #expect(lie.facts.executable == .unknown(.notThatFile))
            let truth = try opener.identify(socket: honest.connection, needs: .executable).get()
            #expect(truth.facts.executable.value?.path == BuiltProgram.path("ConnectingPeer").string)
        }
    }
}
