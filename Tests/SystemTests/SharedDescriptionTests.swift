// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What one holder does to a description that others have, and what a capability delivers in any case.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: several users share what is held"))
struct SharedDescriptionTests {
    private static let policy = """
        vault: 1
        capabilities:
          - name: a/file
            file: { path: "@DIRECTORY@/data.txt", rights: [read] }
            delivery: shared
          - name: a/port
            listen: { tcp: "127.0.0.1:0", backlog: 7 }
          - name: a/door
            listen: { unix: "@DIRECTORY@/door.sock", as: 4711, mode: 0666 }
          - name: a/directory
            file: { path: "@DIRECTORY@/folder" }
          - name: a/late-directory
            file: { path: "@DIRECTORY@/folder" }
            open: each-grant
          - name: a/first-directory
            file: { path: "@DIRECTORY@/folder" }
            open: on-first-use
          - name: a/shared-directory
            file: { path: "@DIRECTORY@/folder" }
            delivery: shared
          - name: a/memory-directory
            memory: { file: "@DIRECTORY@/folder" }
          - name: a/fifo-file
            file: { path: "@DIRECTORY@/data.fifo" }
          - name: a/helped-directory
            helper: { run: [@HELPER@], path: "@DIRECTORY@/folder", rights: [read] }
        rules:
          - id: two-users
            permit: [open]
            capability: a/*
            to: { uid: [4711, 4712] }
        """

    private func daemon() async throws -> Daemon {
        var options = Daemon.Options()
        let helper = try await Programs.directory().appending("vault-openfile").string
        options.policies = ["shared.yaml": Self.policy.split(separator: "@HELPER@").joined(separator: helper)]
        options.configuration = """
            run-as: nobody
            opener: { roots: ["@DIRECTORY@"], helpers: ["\(helper)"], helper-user: daemon }
            """
        options.owner = 65534
        options.files = ["data.txt": "one two three\n"]
        let daemon = try await Daemon(options)
        #expect(mkdir(daemon.directory.path("folder").string, 0o755) == 0)
        #expect(mkfifo(daemon.directory.path("data.fifo").string, 0o644) == 0)
        try await daemon.start()
        return daemon
    }

    /// Runs Python with the capability as descriptor 5.
    private func python(_ daemon: Daemon, _ name: String, uid: UInt32, _ script: String) async throws -> CommandResult {
        let command = ["exec", "--fd", "5=\(name)", "--", "/usr/bin/python3", "-c", script]
        return try await daemon.vaultCommand(command, uid: uid).run()
    }

    @Test("Flags, owner of signals and locks that one holder set on a shared file do not reach the next")
    func file() async throws {
        let daemon = try await daemon()
        let set = """
            import fcntl, os
            fcntl.fcntl(5, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND | os.O_ASYNC)
            fcntl.fcntl(5, fcntl.F_SETOWN, os.getpid())
            fcntl.flock(5, fcntl.LOCK_EX)
            """
        let first = try await python(daemon, "a/file", uid: 4711, set)
        #expect(first.status == .exited(0), "\(first.errorText)\(daemon.log)")
        let look = """
            import fcntl, os
            print(fcntl.fcntl(5, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND | os.O_ASYNC), fcntl.fcntl(5, fcntl.F_GETOWN))
            """
        let second = try await python(daemon, "a/file", uid: 4712, look)
        #expect(second.text == "0 0\n", "\(second.errorText)\(daemon.log)")
        // The broker keeps the description, so a lock that its first holder left would stay for ever.
        let file = try OwnedDescriptor.open(daemon.directory.path("data.txt"))
        #expect(file.withUnsafeNumber { flock($0, LOCK_EX | LOCK_NB) } == 0)
    }

    @Test("A listener comes as it was made: blocking, without options, and listening although one holder shut it down")
    func listener() async throws {
        let daemon = try await daemon()
        let spoil = """
            import socket
            s = socket.socket(fileno=5)
            s.setblocking(False)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            s.shutdown(socket.SHUT_RDWR)
            """
        let look = """
            import socket
            s = socket.socket(fileno=5)
            print(s.getblocking(), s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                  s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN), end=" ")
            c = socket.socket(s.family)
            c.connect(s.getsockname())
            print(s.accept()[0].fileno() > 0)
            """
        for name in ["a/port", "a/door"] {
            let first = try await python(daemon, name, uid: 4711, spoil)
            #expect(first.status == .exited(0), "\(first.errorText)")
            let second = try await python(daemon, name, uid: 4712, look)
            #expect(second.text == "True 0 1 True\n", "\(name): \(second.errorText)\(daemon.log)")
        }
    }

    @Test(
        "No path of delivery hands out a directory, or what else is not of the declared kind",
        arguments: [
            "directory", "late-directory", "first-directory", "shared-directory", "memory-directory", "fifo-file",
            "helped-directory",
        ])
    func kind(_ name: String) async throws {
        let daemon = try await daemon()
        let result = try await daemon.vault("try", "a/\(name)", uid: 4711)
        #expect(result.status == .exited(4), "\(result.text)\(result.errorText)")
        let isDirectory = name != "fifo-file"
        #expect(result.errorText.contains(isDirectory ? "Is a directory" : "Invalid argument"), "\(result.errorText)")
        let shown = try await daemon.vault("audit", "list", "-n", "1", "--type", "open.failed", "-o", "jsonl")
        #expect(shown.text.contains(isDirectory ? "directory" : "no regular file"), "\(shown.text)\(shown.errorText)")
    }
}
