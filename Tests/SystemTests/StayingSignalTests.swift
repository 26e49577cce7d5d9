// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What ends `vault exec --on-renew` and what does not, and whom it listens to.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the command is another user's"))
struct StayingSignalTests {
    private let daemon: Daemon
    private let place: TemporaryDirectory

    init() async throws {
        var options = Daemon.Options()
        options.policies = [
            "tls.yaml": """
            vault: 1
            capabilities:
              - { name: tls/key, memory: { file: "@DIRECTORY@/key" } }
            rules:
              - { id: service, permit: [open, watch], capability: tls/key, to: { uid: [0, 4711] } }
            """
        ]
        options.configuration = "run-as: nobody\nopener: { roots: [\"@DIRECTORY@\"] }\n"
        options.owner = 65534
        options.files = ["key": "key 1\n"]
        daemon = try await Daemon.start(options)
        place = try TemporaryDirectory(mode: 0o777)
    }

    private func read(_ name: String) -> String { (try? place.read(name)) ?? "" }

    /// `vault exec --on-renew …` as another user, run by a program with arguments of its own.
    private func command(
        _ program: FilePath = "/usr/bin/env", _ arguments: [String] = [], onRenew: String,
        _ script: String
    ) -> Command {
        let words = [
            "exec", "--on-renew", onRenew, "--env", "KEY=tls/key", "--", "/bin/sh", "-c", script,
        ]
        var command = daemon.client(program, arguments + ["vault"] + words, uid: 4711)
        command.directory = place.path
        command.timeLimit = .seconds(60)
        return command
    }

    @Test("A broker that hangs holds up no end: TERM and Ctrl-C end what has not begun")
    func endsBeforeItsCommand() async throws {
        try await daemon.halt()
        for signal in ["TERM", "INT", "HUP"] {
            let timeout = ["-k", "10", "-s", signal, "2"]
            let result = try await command("/usr/bin/timeout", timeout, onRenew: "HUP", "echo ran >out")
                .run()
            // 137 where it had to be killed.
            #expect(result.status == .exited(124), "\(signal): \(result.errorText)")
        }
        #expect(read("out") == "")
    }

    @Test(
        "That the terminal is gone is told to the command",
        .enabled(if: Programs.python != nil, "needs python3"))
    func hangUp() async throws {
        let leads = """
            import os, pty, sys, time
            pid, terminal = pty.fork()
            if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
            while not os.path.exists("out"): time.sleep(0.05)
            os.close(terminal)
            for _ in range(200):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended: print(os.waitstatus_to_exitcode(status)); break
                time.sleep(0.05)
            else: os.kill(pid, 9)
            """
        let script = "trap 'echo gone >>out; exit 3' HUP; echo ready >out; while :; do sleep 0.05; done"
        let python = try #require(Programs.python)
        let result = try await command(python, ["-c", leads], onRenew: "USR1", script).run()
        #expect(result.text == "3\n", "\(result)")
        #expect(read("out") == "ready\ngone\n")
    }

    @Test(
        "A command that survives Ctrl-C is run anew by the next renewal all the same, and one that is told to end is not"
    )
    func survives() async throws {
        let script = """
            trap 'echo interrupted >>out' INT
            trap 'echo told >>out; sleep 2; exit 5' TERM
            cat "$KEY" >>out; echo $PPID >parent
            while :; do sleep 0.05; done
            """
        let staying = command(onRenew: "exec", script)
        async let result = staying.run()
        func renew(_ text: String) async throws {
            try daemon.directory.write("\(text)\n", to: "new", mode: 0o600)
            try #require(
                rename(daemon.directory.path("new").string, daemon.directory.path("key").string) == 0)
        }
        func waitFor(_ text: String) async throws {
            try await waitUntil("out is \(text), not \(read("out"))", limit: .seconds(30)) {
                read("out") == text
            }
        }
        try await waitFor("key 1\n")
        try await waitUntil("the parent is known") { read("parent").hasSuffix("\n") }
        let parent = try #require(Int32(read("parent").dropLast()))
        try await Task.sleep(for: .seconds(1))
        kill(parent, SIGINT)
        try await waitFor("key 1\ninterrupted\n")
        try await renew("key 2")
        try await waitFor("key 1\ninterrupted\ntold\nkey 2\n")
        // Once it has been told to end, a renewal tells it nothing more.
        try await Task.sleep(for: .seconds(1))
        kill(parent, SIGTERM)
        try await waitFor("key 1\ninterrupted\ntold\nkey 2\ntold\n")
        try await renew("key 3")
        #expect(try await result.status == .exited(5))
        #expect(read("out") == "key 1\ninterrupted\ntold\nkey 2\ntold\n")
    }

    @Test(
        "--notify passes on what a command says that has given up root, and not what a stranger does",
        .enabled(if: Programs.python != nil, "needs python3"))
    func notifies() async throws {
        let path = place.path("notify")
        let manager = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666))
        try place.write(
            """
            import os, socket, sys, time
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
            s.send(sys.argv[1].encode())
            time.sleep(1)
            """, to: "say.py", mode: 0o644)
        let python = try #require(Programs.python)
        // The stranger's parent is another's child.
        let script = """
            (setsid -f setpriv --reuid 4712 --regid 4712 --clear-groups sh -c 'sleep 0.3; \(python) say.py STATUS=stranger'; :)
            sleep 2
            setpriv --reuid 4711 --regid 4711 --clear-groups \(python) say.py STATUS=before
            exec setpriv --reuid 4711 --regid 4711 --clear-groups \(python) say.py READY=1
            """
        var staying = daemon.vaultCommand([
            "exec", "--on-renew", "HUP", "--notify", "--env", "KEY=tls/key", "--", "/bin/sh", "-c",
            script,
        ])
        staying.directory = place.path
        staying.environment = (staying.environment ?? []) + ["NOTIFY_SOCKET=\(path)"]
        let notifying = staying
        async let result = notifying.run()
        let heard = try await onThread {
            try (0..<2).map { _ -> String in
                try waitOnThread(on: manager, what: "a message")
                return try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                    let message = try MessageSocket.receive(
                        into: buffer, room: .descriptorsOfProcess(8), on: manager)
                    return String(decoding: buffer[..<message.byteCount], as: UTF8.self)
                }
            }
        }
        #expect(heard == ["STATUS=before", "READY=1"])
        #expect(try await result.status == .exited(0))
    }
}
