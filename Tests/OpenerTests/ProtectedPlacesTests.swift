// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

/// "`STATE`, `/proc`, `/sys` are refused even beneath a root" (Decisions: only beneath the roots).
struct ProtectedPlacesTests {
    private static let refused = OpenerFailure(.permissionDenied, .protectedPlace)

    /// A root with the broker's state in it, and an opener that knows both.
    private static func start() async throws -> (TemporaryDirectory, OpenerUnderTest) {
        let directory = try TemporaryDirectory()
        for name in ["state", "state/inner", "state-of-others", "other", "policies"] {
            #expect(mkdir(directory.path(name).string, 0o700) == 0)
        }
        try directory.write("the signing key", to: "state/log.key")
        try directory.write("x", to: "state/inner/file")
        try directory.write("x", to: "state-of-others/file")
        try directory.write("x", to: "broker.sock")
        try directory.write("rules", to: "policies/a.yaml")
        try directory.write("settings", to: "other/vaultd.yaml")
        let opener = try await OpenerUnderTest.start(
            roots: [directory.path.string, "/proc", "/sys", "/dev"], state: directory.path("state")
        ) {
            $0.protectedPaths = [directory.path("broker.sock")]
            $0.protectedFromWriting = [directory.path("policies"), directory.path("other/vaultd.yaml")]
        }
        return (directory, opener)
    }

    @Test("A hard link to a file of the state is that file, whichever way it is opened")
    func hardLinks() async throws {
        let (directory, opener) = try await Self.start()
        #expect(link(directory.path("state/log.key").string, directory.path("other/harmless").string) == 0)
        let path = directory.path("other/harmless")
        #expect(await failure { try await opener.open(path) } == Self.refused)
        #expect(await failure { try await opener.open(path, O_WRONLY | O_TRUNC) } == Self.refused)
        #expect(await failure { try await opener.memory(path, sizeLimit: 100) } == Self.refused)
        let held = HeldDescriptor(try OwnedDescriptor.open(path))
        #expect(await failure { try await opener.reopen(held, O_RDONLY) } == Self.refused)
        #expect(try directory.read("state/log.key") == "the signing key")
    }

    @Test("What a file of the state links to is a file of the state")
    func linkedFrom() async throws {
        let (directory, opener) = try await Self.start()
        try directory.write("another key", to: "other/real.key")
        #expect(symlink("../other/real.key", directory.path("state/linked.key").string) == 0)
        #expect(await failure { try await opener.open(directory.path("other/real.key")) } == Self.refused)
    }

    @Test("The state stays the state when it is renamed or its path leads elsewhere, for later workers too")
    func renamed() async throws {
        let (directory, opener) = try await Self.start()
        // It has started, and has looked where its places are.
        #expect(await failure { try await opener.open(directory.path("state/log.key")) } == Self.refused)
        #expect(rename(directory.path("state").string, directory.path("moved").string) == 0)
        #expect(symlink("other", directory.path("state").string) == 0)
        for path in ["moved/log.key", "moved/inner/file", "moved"] {
            #expect(await failure { try await opener.open(directory.path(path)) } == Self.refused, "\(path)")
        }
        for worker in opener.workers() { kill(worker, SIGKILL) }
        try await waitUntil("workers to be replaced") { opener.workers().count >= 1 }
        for path in ["moved/log.key", "moved/inner/file", "moved"] {
            // A worker that was just killed may have had the request.
            try await waitUntil("\(path) to be refused") {
                await failure { try await opener.open(directory.path(path)) } == Self.refused
            }
        }
        #expect(
            await failure { try await opener.open(directory.path("moved/new"), O_WRONLY, create: 0o600) }
                == Self.refused)
    }

    @Test("Policies and configuration may be read and not written, nor made, by whatever name")
    func authority() async throws {
        let (directory, opener) = try await Self.start()
        #expect(symlink("policies", directory.path("way").string) == 0)
        #expect(link(directory.path("policies/a.yaml").string, directory.path("hard").string) == 0)
        #expect(try contents(of: await opener.open(directory.path("policies/a.yaml"))) == "rules")
        #expect(try contents(of: await opener.open(directory.path("other/vaultd.yaml"))) == "settings")
        for path in ["policies/a.yaml", "way/a.yaml", "hard", "other/vaultd.yaml"] {
            for flags in [O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND] {
                #expect(await failure { try await opener.open(directory.path(path), flags) } == Self.refused, "\(path)")
            }
        }
        for path in ["policies/new.yaml", "way/new.yaml"] {
            #expect(
                await failure { try await opener.open(directory.path(path), O_WRONLY, create: 0o600) }
                    == Self.refused)
        }
        #expect(unlink(directory.path("other/vaultd.yaml").string) == 0)
        #expect(
            await failure { try await opener.open(directory.path("other/vaultd.yaml"), O_WRONLY, create: 0o600) }
                == Self.refused)
        // Beside it there may be others.
        _ = try await opener.open(directory.path("other/data"), O_WRONLY, create: 0o600)
    }

    @Test("A link to the policies that is led elsewhere protects where it leads now, and what it led to before")
    func switchedPolicies() async throws {
        let directory = try TemporaryDirectory()
        for name in ["one", "two"] {
            #expect(mkdir(directory.path(name).string, 0o700) == 0)
            try directory.write("rules", to: "\(name)/a.yaml")
        }
        let way = directory.path("policies").string
        #expect(symlink("one", way) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string]) {
            $0.protectedFromWriting = [directory.path("policies")]
        }
        _ = try await opener.open(directory.path("two/a.yaml"), O_WRONLY)
        #expect(unlink(way) == 0 && symlink("two", way) == 0)
        for path in ["one/a.yaml", "two/a.yaml", "policies/a.yaml"] {
            #expect(await failure { try await opener.open(directory.path(path), O_WRONLY) } == Self.refused, "\(path)")
        }
    }

    @Test("Nothing is made at the name of the broker's socket while that is not there")
    func socketName() async throws {
        let (directory, opener) = try await Self.start()
        #expect(unlink(directory.path("broker.sock").string) == 0)
        let path = directory.path("broker.sock")
        #expect(await failure { try await opener.open(path, O_WRONLY, create: 0o600) } == Self.refused)
        #expect(await failure { try await opener.fifo(path, create: 0o600) } == Self.refused)
        let listener = UnixListener(path: path.string, kind: .stream, mode: 0o600, uid: nil, gid: nil, backlog: 1)
        #expect(await failure { try await opener.listen(listener) } == Self.refused)
    }

    @Test("Paths with links, '.' and '..' protect what they lead to")
    func indirectPaths() async throws {
        let directory = try TemporaryDirectory()
        for name in ["real", "real/deep", "real/state"] {
            #expect(mkdir(directory.path(name).string, 0o700) == 0)
        }
        try directory.write("the signing key", to: "real/state/log.key")
        #expect(symlink("real/deep", directory.path("link").string) == 0)
        let opener = try await OpenerUnderTest.start(
            roots: [directory.path.string], state: directory.path("link/../state/.")
        ) { $0.protectedPaths = [directory.path("link/../broker.sock")] }
        #expect(await failure { try await opener.open(directory.path("real/state/log.key")) } == Self.refused)
        #expect(
            await failure { try await opener.open(directory.path("real/broker.sock"), O_WRONLY, create: 0o600) }
                == Self.refused)
        _ = try await opener.open(directory.path("real/other"), O_WRONLY, create: 0o600)
    }

    @Test("What a helper passes is judged as what is opened here", .enabled(if: isRoot, "needs root, to run helpers"))
    func helpers() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        #expect(mkdir(directory.path("state").string, 0o755) == 0)
        #expect(mkdir(directory.path("policies").string, 0o755) == 0)
        try directory.write("the signing key", to: "state/log.key", mode: 0o644)
        try directory.write("rules", to: "policies/a.yaml", mode: 0o666)
        #expect(link(directory.path("state/log.key").string, directory.path("harmless").string) == 0)
        let opener = try await HelperTests.start {
            $0.stateDirectory = directory.path("state")
            $0.protectedFromWriting = [directory.path("policies")]
        }
        for path in ["state/log.key", "harmless"] {
            #expect(
                await failure { try await opener.helper([HelperTests.book], directory.path(path)) } == Self.refused)
        }
        let policy = directory.path("policies/a.yaml")
        #expect(try contents(of: await opener.helper([HelperTests.book], policy)) == "rules")
        #expect(await failure { try await opener.helper([HelperTests.book], policy, O_WRONLY) } == Self.refused)
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
