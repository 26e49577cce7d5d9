// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// Every kind of capability, from a policy file to the hands of another user.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the opener acts as other users"))
struct KindsTests {
    private static let policy = """
        vault: 1
        capabilities:
          - name: kinds/file
            file: { path: "@DIRECTORY@/data.txt", rights: [read, write] }
          - name: kinds/journal
            file: { path: "@DIRECTORY@/journal.txt", create: 0600, rights: [append] }
          - name: kinds/late
            file: { path: "@DIRECTORY@/late.txt", rights: [read] }
            open: each-grant
          - name: kinds/pipe
            pipe: {}
          - name: kinds/fifo
            fifo: { path: "@DIRECTORY@/a-fifo", create: 0600 }
          - name: kinds/secret
            memory: { file: "@DIRECTORY@/data.txt" }
          - name: kinds/port
            listen: { tcp: "127.0.0.1:0" }
          - name: kinds/door
            listen: { unix: "@DIRECTORY@/door.sock", as: 4713, mode: 0666 }
          - name: kinds/many
            listen: { tcp: "127.0.0.1:0", reuse-port: yes, receive-buffer: 16KiB }
          - name: kinds/nameless
            listen: { unix: "@vault-kinds-@DIRECTORY@", as: 4713, group: 4714 }
          - name: kinds/talk
            connect: { unix: "@DIRECTORY@/door.sock", as: 4715 }
            delivery: shared
          - name: kinds/nobody-there
            connect: { tcp: "127.0.0.1:1" }
            delivery: shared
          - name: kinds/helped
            helper: { run: [@HELPER@], path: "@DIRECTORY@/shared.txt", rights: [read] }
          - name: kinds/tree
            directory: { path: "@DIRECTORY@/hidden/tree" }
          - name: kinds/shared-tree
            directory: { path: "@DIRECTORY@/hidden/tree" }
            delivery: shared
          - name: kinds/late-tree
            directory: { path: "@DIRECTORY@/late-tree" }
            open: each-grant
          - name: kinds/no-tree
            directory: { path: "@DIRECTORY@/data.txt" }
          - name: kinds/zero
            device: { path: /dev/zero, rights: [read, write] }
          - name: kinds/shared-zero
            device: { path: /dev/zero, rights: [read, write] }
            delivery: shared
          - name: kinds/late-zero
            device: { path: /dev/zero, rights: [read] }
            open: each-grant
          - name: kinds/no-device
            device: { path: "@DIRECTORY@/data.txt" }
        rules:
          - id: everything-to-4711
            permit: [open]
            capability: kinds/*
            to: { uid: 4711 }
        """

    private func daemon() async throws -> Daemon {
        var options = Daemon.Options()
        let helper = try await Programs.directory().appending("vault-openfile").string
        options.policies = ["kinds.yaml": Self.policy.split(separator: "@HELPER@").joined(separator: helper)]
        options.configuration = """
            run-as: nobody
            opener: { roots: ["@DIRECTORY@", /dev], helpers: ["\(helper)"], helper-user: daemon }
            """
        options.owner = 65534
        options.files = ["data.txt": "one two three\n"]
        let daemon = try await Daemon(options)
        try daemon.directory.write("for everybody\n", to: "shared.txt", mode: 0o644)
        #expect(mkdir(daemon.directory.path("hidden").string, 0o700) == 0)
        #expect(mkdir(daemon.directory.path("hidden/tree").string, 0o755) == 0)
        try daemon.directory.write("a page\n", to: "hidden/tree/page.txt", mode: 0o644)
        try daemon.directory.write("root's\n", to: "hidden/tree/private.txt", mode: 0o600)
        try await daemon.start()
        return daemon
    }

    /// What a shell command, run by `vault exec` as uid 4711, writes.
    private func run(_ daemon: Daemon, _ options: [String], _ script: String) async throws -> CommandResult {
        try await daemon.vaultCommand(["exec"] + options + ["--", "sh", "-c", script], uid: 4711).run()
    }

    @Test("Each grant of a file has its own offset, and no more than the rights that were asked for")
    func file() async throws {
        let daemon = try await daemon()
        let both = try await run(
            daemon, ["--fd", "5=kinds/file", "--stdin", "kinds/file"], "head -c 3 <&5 >/dev/null; cat")
        #expect(both.text == "one two three\n", "\(both.errorText)\(daemon.log)")
        let writing = try await run(daemon, ["--stdin", "kinds/file"], "echo no >&0")
        #expect(writing.status != .exited(0), "standard input was asked for with the right to read")
        let appended = try await run(daemon, ["--fd", "5=kinds/journal"], "echo first >&5; echo second >&5")
        #expect(appended.status == .exited(0), "\(appended.errorText)")
        #expect(try daemon.directory.read("journal.txt") == "first\nsecond\n")
    }

    @Test("What is opened for each grant names the file that is there then")
    func eachGrant() async throws {
        let daemon = try await daemon()
        let before = try await daemon.vault("cat", "kinds/late", uid: 4711)
        #expect(before.status == .exited(4))
        try daemon.directory.write("here now\n", to: "late.txt", mode: 0o600)
        let after = try await daemon.vault("cat", "kinds/late", uid: 4711)
        #expect(after.text == "here now\n")
    }

    @Test(
        "The two ends of a pipe meet, and the reader sees the end when the writer is gone", arguments: ["pipe", "fifo"])
    func pipes(_ kind: String) async throws {
        let daemon = try await daemon()
        let name = "kinds/\(kind)"
        async let reading = daemon.vault("exec", "--stdin", name, "--", "cat", uid: 4711)
        let writing = try await run(daemon, ["--stdout", name], "echo through the \(kind)")
        #expect(writing.status == .exited(0), "\(writing.errorText)")
        let read = try await reading
        #expect(read.text == "through the \(kind)\n", "\(read.errorText)\(daemon.log)")
        let unnamed = try await daemon.vault("try", name, uid: 4711)
        #expect(unnamed.status == .exited(1))
        #expect(unnamed.errorText.contains("name one end"), "\(unnamed.errorText)")
    }

    @Test("A secret in memory can be read, and by nobody written")
    func memory() async throws {
        let daemon = try await daemon()
        let read = try await daemon.vault("cat", "kinds/secret", uid: 4711)
        #expect(read.text == "one two three\n", "\(read.errorText)\(daemon.log)")
        let written = try await run(daemon, ["--fd", "5=kinds/secret"], "echo no >/proc/self/fd/5")
        #expect(written.status != .exited(0))
        let again = try await daemon.vault("cat", "kinds/secret", uid: 4711)
        #expect(again.text == "one two three\n")
    }

    @Test("A listener works, and a client of a Unix listener sees the user that the policy names")
    func listeners() async throws {
        let daemon = try await daemon()
        let accepting = """
            import socket, os
            for number in (3, 4):
                assert socket.socket(fileno=number).getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
            print(os.environ["LISTEN_FDS"], os.environ["LISTEN_FDNAMES"])
            """
        let result = try await daemon.vaultCommand(
            [
                "exec", "--pass", "kinds/port", "--pass", "kinds/door", "--", "/usr/bin/python3", "-c", accepting,
            ], uid: 4711
        ).run()
        #expect(result.text == "2 kinds/port:kinds/door\n", "\(result.errorText)\(daemon.log)")
        let client = try UnixSocket.connect(to: .path(daemon.directory.path("door.sock")))
        #expect(try Peer.credentials(of: client).uid == 4713)
        // A holder sets options; the next has them as they are declared.
        let options = """
            import socket, struct
            many, nameless = socket.socket(fileno=3), socket.socket(fileno=4)
            print(*(many.getsockopt(socket.SOL_SOCKET, o) for o in (socket.SO_REUSEPORT, socket.SO_RCVBUF)))
            many.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            many.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(nameless.getsockname())
                print(*struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1:])
            """
        for _ in 0..<2 {
            let set = try await daemon.vaultCommand(
                ["exec", "--pass", "kinds/many", "--pass", "kinds/nameless", "--", "/usr/bin/python3", "-c", options],
                uid: 4711
            ).run()
            #expect(set.text == "1 32768\n4713 4714\n", "\(set.errorText)\(daemon.log)")
        }
    }

    @Test(
        "By a path memory opens, a file for whom it would anyway, and a socket for nobody, which is said before the command runs"
    )
    func paths() async throws {
        let daemon = try await daemon()
        let opened = try await run(
            daemon, ["--env", "SECRET=kinds/secret", "--env", "HELPED=kinds/helped"], "cat $SECRET $HELPED")
        #expect(opened.text == "one two three\nfor everybody\n", "\(opened.errorText)\(daemon.log)")
        let permission = "cannot be opened by a path: Permission denied\nTry: a capability of kind memory, "
        for (options, message) in [
            (["--env", "A=kinds/file"], "--env A: kinds/file \(permission)"),
            (["--env", "A=kinds/pipe:read"], "--env A: kinds/pipe \(permission)"),
            // What it says goes to the old standard error.
            (["--env", "A=kinds/file", "--stderr", "kinds/journal"], "--env A: kinds/file \(permission)"),
            (["--env", "A=kinds/port:use"], "--env A: kinds/port is a socket, which no path opens\nTry: --env-fd, "),
        ] {
            let refused = try await run(daemon, options, "echo ran; echo ran >&2")
            #expect(refused.status == .exited(125), "\(options)")
            #expect(refused.output.isEmpty)
            #expect(refused.errorText.hasPrefix("vault: exec: \(message)"), "\(refused.errorText)")
            #expect(refused.errorText.split(separator: "\n").count == 2)
        }
        let bySystem = try await daemon.vaultCommand(["exec", "--env", "A=kinds/file", "--", "sh", "-c", "cat $A"])
            .run()
        #expect(bySystem.status == .exited(0) && bySystem.text == "one two three\n", "\(bySystem.errorText)")
    }

    @Test(
        "Where /dev has no fd the path leads through /proc",
        .enabled(if: Command.find("unshare") != nil, "needs unshare(1)"))
    func pathsWithoutDevices() async throws {
        let daemon = try await daemon()
        let script = "mount -t tmpfs none /dev && exec \"$@\""
        let vault = daemon.programs.appending("vault").string
        let command = daemon.client(
            try #require(Command.find("unshare")),
            ["--mount", "sh", "-c", script, "sh", vault, "exec", "--env", "A=kinds/secret", "--"]
                + ["sh", "-c", "echo $A; cat $A"])
        let result = try await command.run()
        #expect(result.text == "/proc/self/fd/3\none two three\n", "\(result.errorText)\(daemon.log)")
    }

    @Test(
        "The library of systemd takes what --pass hands over for its own",
        .enabled(if: Programs.python != nil, "needs python3"))
    func activation() async throws {
        let daemon = try await daemon()
        let script = """
            import ctypes, os, sys
            inode = os.environ.get("LISTEN_PIDFDID")
            print(os.environ["LISTEN_FDNAMES"], inode is None or int(inode) == os.fstat(os.pidfd_open(os.getpid())).st_ino)
            try:
                systemd = ctypes.CDLL("libsystemd.so.0")
            except OSError:
                sys.exit(77)
            names = ctypes.POINTER(ctypes.c_char_p)()
            count = systemd.sd_listen_fds_with_names(1, ctypes.byref(names))
            print(count, [names[i].decode() for i in range(count)], systemd.sd_is_socket(3, 2, 1, 1))
            print(systemd.sd_listen_fds(1))
            """
        let options = ["exec", "--pass", "kinds/port=web", "--fd", "7=kinds/door", "--pass", "kinds/secret", "--"]
        let python = try #require(Programs.python)
        let result = try await daemon.vaultCommand(options + [python.string, "-c", script], uid: 4711).run()
        if result.status == .exited(77) { try skipVisibly("sd_listen_fds(3): there is no libsystemd.so.0") }
        #expect(result.text == "web:kinds/secret True\n2 ['web', 'kinds/secret'] 1\n0\n", "\(result.errorText)")
        // Another process is not meant.
        let child = options + ["sh", "-c", "\(python) -c '\(script.replacing("sys.exit(77)", with: "pass"))'; true"]
        let other = try await daemon.vaultCommand(child, uid: 4711).run()
        #expect(other.text.contains("\n0 []"), "\(other.text)\(other.errorText)")
    }

    @Test(
        "Through a directory its holder opens what lies beneath, with its own rights on each file, past what is above")
    func directory() async throws {
        let daemon = try await daemon()
        let script = """
            import fcntl, os, sys
            for fd in map(int, sys.argv[1:]):
                print(open("page.txt", opener=lambda path, flags: os.open(path, flags, dir_fd=fd)).read(), end="")
                for path, flags in [("private.txt", os.O_RDONLY), ("new", os.O_WRONLY | os.O_CREAT), ("../tree", os.O_RDONLY)]:
                    try:
                        os.open(path, flags, dir_fd=fd)
                        print("opened", path)
                    except PermissionError:
                        print("refused", path)
                print(sorted(os.listdir(fd)), bool(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK))
                fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
            """
        let seen = "a page\nrefused private.txt\nrefused new\nrefused ../tree\n['page.txt', 'private.txt'] False\n"
        let fresh = try await daemon.vaultCommand(
            ["exec", "--fd", "5=kinds/tree", "--fd", "6=kinds/tree", "--", "/usr/bin/python3", "-c", script, "5", "6"],
            uid: 4711
        ).run()
        #expect(fresh.text == seen + seen, "\(fresh.errorText)\(daemon.log)")
        for _ in 0..<2 {
            let shared = try await daemon.vaultCommand(
                ["exec", "--fd", "5=kinds/shared-tree", "--", "/usr/bin/python3", "-c", script, "5"], uid: 4711
            ).run()
            #expect(shared.text == seen, "\(shared.errorText)\(daemon.log)")
        }
        let before = try await daemon.vault("try", "kinds/late-tree", uid: 4711)
        #expect(before.status == .exited(4), "\(before.text)")
        #expect(mkdir(daemon.directory.path("late-tree").string, 0o755) == 0)
        let after = try await daemon.vault("try", "kinds/late-tree", uid: 4711)
        #expect(after.status == .exited(0), "\(after.errorText)")
        let none = try await daemon.vault("try", "kinds/no-tree", uid: 4711)
        #expect(none.status == .exited(4) && none.errorText.contains("Not a directory"), "\(none.errorText)")
    }

    @Test("A directory whose path names another is stale, and a reload opens the other")
    func staleDirectory() async throws {
        let daemon = try await daemon()
        let path = daemon.directory.path("hidden/tree").string
        #expect(rename(path, path + ".old") == 0 && mkdir(path, 0o755) == 0)
        try daemon.directory.write("another\n", to: "hidden/tree/page.txt", mode: 0o644)
        let shown = try await daemon.vault("show", "kinds/tree")
        #expect(shown.text.contains("stale"), "\(shown.text)\(shown.errorText)")
        let script = "cat /proc/self/fd/5/page.txt"
        #expect(try await run(daemon, ["--fd", "5=kinds/tree"], script).text == "a page\n")
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await run(daemon, ["--fd", "5=kinds/tree"], script).text == "another\n")
    }

    @Test("A device is opened with the rights that were asked for, and nothing else is one")
    func device() async throws {
        let daemon = try await daemon()
        for name in ["kinds/zero:read", "kinds/late-zero", "kinds/shared-zero:read,write"] {
            let read = try await run(daemon, ["--fd", "5=\(name)"], "head -c 3 <&5 | od -An -tx1")
            #expect(read.text == " 00 00 00\n", "\(name): \(read.errorText)\(daemon.log)")
        }
        let writing = try await run(daemon, ["--fd", "5=kinds/zero:write"], "echo x >&5 && ! head -c 1 <&5")
        #expect(writing.status == .exited(0), "\(writing.errorText)")
        let reading = try await run(daemon, ["--fd", "5=kinds/zero:read"], "echo x >&5")
        #expect(reading.status != .exited(0))
        let narrow = try await daemon.vault("try", "kinds/shared-zero", "--rights", "read", uid: 4711)
        #expect(narrow.status == .exited(1) && narrow.errorText.contains("shared"), "\(narrow.errorText)")
        let none = try await daemon.vault("try", "kinds/no-device", uid: 4711)
        #expect(none.status == .exited(4) && none.errorText.contains("Invalid argument"), "\(none.errorText)")
    }

    @Test("A connection is a new one for each grant, made by the user that the policy names, or the error that it met")
    func connections() async throws {
        let daemon = try await daemon()
        let script = """
            import socket, struct
            door = socket.socket(fileno=3)
            first, second = (door.accept()[0] for _ in range(2))
            seen = [struct.unpack("3i", c.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1] for c in (first, second)]
            first.sendall(b"one")
            second.sendall(b"two")
            print(seen, sorted(socket.socket(fileno=n).recv(9) for n in (4, 5)))
            """
        let pass = ["--fd", "3=kinds/door", "--fd", "4=kinds/talk", "--fd", "5=kinds/talk"]
        let talked = try await daemon.vaultCommand(
            ["exec"] + pass + ["--", "/usr/bin/python3", "-c", script], uid: 4711
        ).run()
        #expect(talked.text == "[4715, 4715] [b'one', b'two']\n", "\(talked.errorText)\(daemon.log)")
        let none = try await daemon.vault("try", "kinds/nobody-there", uid: 4711)
        #expect(none.status == .exited(4) && none.errorText.contains("refused"), "\(none.errorText)")
    }

    @Test("A helper opens for the broker, under a user of its own")
    func helper() async throws {
        let daemon = try await daemon()
        let read = try await daemon.vault("cat", "kinds/helped", uid: 4711)
        #expect(read.text == "for everybody\n", "\(read.errorText)\(daemon.log)")
    }
}
