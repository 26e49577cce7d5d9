// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

/// "`STATE`, `/proc`, `/sys` are refused even beneath a root" (RULINGS 12).
struct ProtectedPlacesTests {
    private static let refused = OpenerFailure(.permissionDenied, .protectedPlace)

    /// A root with the broker's state in it, and an opener that knows both.
    private static func start() async throws -> (TemporaryDirectory, OpenerUnderTest) {
        let directory = try TemporaryDirectory()
        for name in ["state", "state/inner", "state-of-others", "other"] {
            #expect(mkdir(directory.path(name).string, 0o700) == 0)
        }
        try directory.write("the signing key", to: "state/log.key")
        try directory.write("x", to: "state/inner/file")
        try directory.write("x", to: "state-of-others/file")
        try directory.write("x", to: "broker.sock")
        let opener = try await OpenerUnderTest.start(
            roots: [directory.path.string, "/proc", "/sys", "/dev"], state: directory.path("state")
        ) { $0.protectedPaths = [directory.path("broker.sock")] }
        return (directory, opener)
    }

    @Test("The broker's state is not opened, by whatever path, nor is anything made in it")
    func state() async throws {
        let (directory, opener) = try await Self.start()
        #expect(symlink("state/log.key", directory.path("key").string) == 0)
        #expect(symlink("state", directory.path("way").string) == 0)
        #expect(symlink("../state/inner", directory.path("other/way").string) == 0)
        for path in [
            "state/log.key", "state", "state/inner/file", "key", "way/log.key", "other/way/file", "broker.sock",
        ] {
            #expect(await failure { try await opener.open(directory.path(path)) } == Self.refused, "\(path)")
        }
        for path in ["state/new", "way/new", "other/way/new"] {
            #expect(
                await failure { try await opener.open(directory.path(path), O_WRONLY, create: 0o600) } == Self.refused)
            #expect(await failure { try await opener.fifo(directory.path(path), create: 0o600) } == Self.refused)
            let listener = UnixListener(
                path: directory.path(path).string, kind: .stream, mode: 0o600, uid: nil, gid: nil, backlog: 1)
            #expect(await failure { try await opener.listen(listener) } == Self.refused)
        }
        #expect(await failure { try await opener.memory(directory.path("key"), sizeLimit: 100) } == Self.refused)
        #expect(directoryEntries(directory.path("state")).sorted() == ["inner", "log.key"])
        // A name that merely begins the same is not the state.
        #expect(try contents(of: await opener.open(directory.path("state-of-others/file"))) == "x")
    }

    @Test("To truncate is refused before it has happened")
    func notOpenedAtAll() async throws {
        let (directory, opener) = try await Self.start()
        let path = directory.path("state/log.key")
        #expect(await failure { try await opener.open(path, O_WRONLY | O_TRUNC) } == Self.refused)
        #expect(try directory.read("state/log.key") == "the signing key")
    }

    @Test(
        "A bind mount of the state, of a part of it, or of one file of it is the state",
        .enabled(if: isRoot, "needs root, to mount"))
    func bindMounts() async throws {
        let (directory, opener) = try await Self.start()
        #expect(mkdir(directory.path("whole").string, 0o700) == 0)
        #expect(mkdir(directory.path("part").string, 0o700) == 0)
        try directory.write("", to: "file")
        let mounts = try [("state", "whole"), ("state/inner", "part"), ("state/log.key", "file")].map {
            try TestMount(directory.path($0), at: $1, in: directory)
        }
        defer { withExtendedLifetime(mounts) {} }
        for path in ["whole/log.key", "whole/inner/file", "part/file", "file"] {
            #expect(await failure { try await opener.open(directory.path(path)) } == Self.refused, "\(path)")
        }
        #expect(
            await failure { try await opener.open(directory.path("part/new"), O_WRONLY, create: 0o600) } == Self.refused
        )
    }

    @Test(
        "A mount over the state's place, and a mount beneath it, are the state's place still",
        .enabled(if: isRoot, "needs root, to mount"))
    func mountBeneath() async throws {
        let (directory, opener) = try await Self.start()
        let path = directory.path("state/inner")
        let mount = try TestMount(nil, at: "state/inner", in: directory, type: "tmpfs")
        defer { withExtendedLifetime(mount) {} }
        #expect(close(open(path.appending("f").string, O_CREAT | O_WRONLY, 0o600)) == 0)
        #expect(await failure { try await opener.open(path.appending("f")) } == Self.refused)
    }

    @Test("The kernel's own file systems are not opened, not even where their roots were given")
    func kernelFileSystems() async throws {
        let (_, opener) = try await Self.start()
        for path in ["/proc/1/status", "/proc", "/proc/sys/kernel/hostname", "/sys", "/sys/kernel", "/proc/self/mem"] {
            let failure = await failure { try await opener.open(FilePath(path)) }
            #expect(failure == Self.refused, "\(path): \(String(describing: failure))")
        }
        // What is mounted there is there.
        #expect(await failure { try await opener.open("/sys/fs/cgroup") } == Self.refused)
        _ = try await opener.open("/dev/null")
    }

    @Test(
        "A proc file system that is mounted elsewhere is one all the same",
        .enabled(if: isRoot, "needs root, to mount"))
    func procElsewhere() async throws {
        let (directory, opener) = try await Self.start()
        let path = directory.path("other")
        let mount = try TestMount(nil, at: "other", in: directory, type: "proc")
        defer { withExtendedLifetime(mount) {} }
        #expect(await failure { try await opener.open(path.appending("version")) } == Self.refused)
    }
}
