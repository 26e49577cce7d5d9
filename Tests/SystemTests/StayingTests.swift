// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// `vault exec --on-renew`: a parent that stays, and what its command gets when a capability was renewed.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the command is another user's"))
struct StayingTests {
    private static let policy = """
        vault: 1
        capabilities:
          - name: tls/key
            memory: { file: "@DIRECTORY@/key" }
          - name: tls/other
            memory: { file: "@DIRECTORY@/other" }
          - name: tls/unwatched
            memory: { file: "@DIRECTORY@/key" }
        rules:
          - id: service
            permit: [open, watch]
            capability: [tls/key, tls/other]
            to: { uid: 4711 }
            lease: 1h
          - id: blind
            permit: [open]
            capability: tls/unwatched
            to: { uid: 4711 }
        """

    /// A vault, and a place for what commands write.
    private struct Stage {
        let daemon: Daemon
        let place: TemporaryDirectory

        init(_ policy: String = StayingTests.policy) async throws {
            var options = Daemon.Options()
            options.policies = ["tls.yaml": policy]
            options.configuration = "run-as: nobody\nopener: { roots: [\"@DIRECTORY@\"] }\n"
            options.owner = 65534
            options.files = ["key": "key 1\n", "other": "other 1\n"]
            daemon = try await Daemon.start(options)
            place = try TemporaryDirectory(mode: 0o777)
        }

        func command(_ options: [String], _ script: String) -> Command {
            var command = daemon.vaultCommand(["exec"] + options + ["--", "/bin/sh", "-c", script], uid: 4711)
            command.directory = place.path
            return command
        }

        func replace(_ name: String, by text: String) throws {
            try daemon.directory.write(text, to: "new", mode: 0o600)
            try #require(rename(daemon.directory.path("new").string, daemon.directory.path(name).string) == 0)
        }

        func read(_ name: String) -> String { (try? place.read(name)) ?? "" }

        func waitFor(_ name: String, _ text: String, limit: Duration = .seconds(30)) async throws {
            try await waitUntil(
                "\(name) is \(text), not \(read(name)): \(daemon.log)", limit: limit, every: .milliseconds(50)
            ) {
                read(name) == text
            }
        }

        /// Sends a signal to the parent of what wrote its `$PPID` there.
        func signal(_ signal: CInt) async throws {
            try await waitUntil("the parent is known") { read("parent").hasSuffix("\n") }
            let pid = try #require(Int32(read("parent").dropLast()))
            #expect(kill(pid, signal) == 0)
        }
    }

    /// Appends what the variable KEY leads to for each USR1, until it is told to end.
    private static let reading = """
        trap 'cat "$KEY" >>out' USR1
        trap 'echo ended >>out; exit 7' TERM
        cat "$KEY" >out
        echo $PPID >parent
        while :; do sleep 0.05; done
        """

    @Test("A path leads to what was renewed, the command gets its signal, and its exit status is the parent's")
    func signals() async throws {
        let stage = try await Stage()
        let command = stage.command(["--on-renew", "USR1", "--env", "KEY=tls/key"], Self.reading)
        async let result = command.run()
        try await stage.waitFor("out", "key 1\n")
        try await Task.sleep(for: .seconds(1))
        try stage.replace("key", by: "key 2\n")
        try await stage.waitFor("out", "key 1\nkey 2\n")
        // Said by who may, though it is what it was.
        #expect(try await stage.daemon.vault("renew", "tls/key").status == .exited(0))
        try await stage.waitFor("out", "key 1\nkey 2\nkey 2\n")
        // The lease of what was exchanged was given back.
        try await waitUntil("one lease is left") {
            try await stage.daemon.vault("leases", "-o", "jsonl").text.split(separator: "\n").count == 1
        }
        #expect(try await !stage.daemon.vault("leases").text.contains("outdated"))
        try await stage.signal(SIGTERM)
        let ended = try await result
        #expect(ended.status == .exited(7) && ended.errorText.isEmpty, "\(ended.errorText)")
        #expect(stage.read("out").hasSuffix("ended\n"))
    }

    @Test("Two that are renewed together are one signal, and their links lead to both; the links go with the parent")
    func together() async throws {
        let stage = try await Stage()
        let script = """
            trap 'cat key other >>out; echo . >>out' HUP
            echo $PPID >parent
            while :; do sleep 0.05; done
            """
        let command = stage.command(
            ["--on-renew", "HUP", "--link", "key=tls/key", "--link", "other=tls/other"], script)
        async let result = command.run()
        try await stage.waitFor("key", "key 1\n")
        try await Task.sleep(for: .seconds(1))
        try stage.replace("key", by: "key 2\n")
        try await Task.sleep(for: .milliseconds(300))
        try stage.replace("other", by: "other 2\n")
        try await stage.waitFor("out", "key 2\nother 2\n.\n")
        try await Task.sleep(for: .seconds(2))
        #expect(stage.read("out") == "key 2\nother 2\n.\n", "one signal")
        try await stage.signal(SIGTERM)
        #expect(try await result.status == .killed(signal: SIGTERM, dumpedCore: false))
        #expect((try? FileStatus(ofPath: stage.place.path("key"), followingLinks: false)) == nil)
    }

    @Test("With exec the command is run anew, with numbers, names and its own pid as sd_listen_fds(3) has them")
    func runAnew() async throws {
        let stage = try await Stage()
        let script = """
            echo $PPID >parent
            [ "$LISTEN_PID" = $$ ] && echo "$LISTEN_FDS $LISTEN_FDNAMES" >>out
            cat <&3 >>out
            cat "$OTHER" >>out
            while :; do sleep 0.05; done
            """
        let command = stage.command(
            ["--on-renew", "exec", "--pass", "tls/key=cert", "--env=OTHER=tls/other"], script)
        async let result = command.run()
        try await stage.waitFor("out", "1 cert\nkey 1\nother 1\n")
        try await Task.sleep(for: .seconds(1))
        try stage.replace("key", by: "key 2\n")
        try await stage.waitFor("out", "1 cert\nkey 1\nother 1\n1 cert\nkey 2\nother 1\n")
        try await stage.signal(SIGINT)
        #expect(try await result.status == .killed(signal: SIGINT, dumpedCore: false))
    }

    @Test("A broker that is started anew is survived, and what was renewed meanwhile is noticed, once")
    func brokerRestart() async throws {
        let stage = try await Stage()
        let command = stage.command(["--on-renew", "USR1", "--env", "KEY=tls/key"], Self.reading)
        async let result = command.run()
        try await stage.waitFor("out", "key 1\n")
        try await stage.daemon.terminate()
        try await stage.daemon.start()
        // Nothing was renewed.
        try await Task.sleep(for: .seconds(5))
        #expect(stage.read("out") == "key 1\n")
        try await stage.daemon.terminate()
        try stage.replace("key", by: "key 2\n")
        try await stage.daemon.start()
        try await stage.waitFor("out", "key 1\nkey 2\n")
        try await Task.sleep(for: .seconds(1))
        try stage.replace("key", by: "key 3\n")
        try await stage.waitFor("out", "key 1\nkey 2\nkey 3\n")
        try await stage.signal(SIGTERM)
        let ended = try await result
        #expect(ended.status == .exited(7) && ended.errorText.contains("the broker stopped"), "\(ended.errorText)")
    }

    @Test("What is revoked can no longer be opened by its path, and the command is not signalled")
    func revoked() async throws {
        let stage = try await Stage()
        let script = """
            trap 'cat "$KEY" >>out 2>&1 || echo no >>out' USR1
            echo signalled >signals; trap 'echo again >>signals' HUP
            cat "$KEY" >out; echo $PPID >parent
            while :; do sleep 0.05; done
            """
        let command = stage.command(["--on-renew", "HUP", "--env", "KEY=tls/key"], script)
        async let result = command.run()
        try await stage.waitFor("out", "key 1\n")
        #expect(try await stage.daemon.vault("revoke", "service").status.isSuccess)
        try await waitUntil("the path leads nowhere", every: .milliseconds(300)) {
            try await stage.signal(SIGUSR1)
            return stage.read("out").hasSuffix("no\n")
        }
        try await stage.signal(SIGTERM)
        let ended = try await result
        #expect(ended.errorText.contains("its path cannot be opened any more"), "\(ended.errorText)")
        #expect(stage.read("signals") == "signalled\n")
    }

    @Test("A name that may not be watched any more is said and asked for at once, and again when it may be watched")
    func unwatched() async throws {
        let stage = try await Stage(
            """
            vault: 1
            capabilities:
              - { name: tls/key, memory: { file: "@DIRECTORY@/key" } }
              - { name: tls/other, memory: { file: "@DIRECTORY@/other" } }
            rules:
              - { id: opens, permit: [open], capability: tls/*, to: { uid: 4711 } }
              - { id: watches-key, permit: [watch], capability: tls/key, to: { uid: 4711 } }
              - { id: watches-other, permit: [watch], capability: tls/other, to: { uid: 4711 } }
            """)
        let script = Self.reading.replacing("exit 7", with: "exit 0") + "\n"
        let command = stage.command(
            ["--on-renew", "USR1", "--env", "KEY=tls/key", "--env", "OTHER=tls/other"], "exec 2>err; " + script)
        async let result = command.run()
        try await stage.waitFor("out", "key 1\n")
        try await Task.sleep(for: .seconds(1))
        #expect(try await stage.daemon.vault("revoke", "watches-key").status.isSuccess)
        // What is renewed from here on it does not hear of, and the other it does.
        try await Task.sleep(for: .seconds(2))
        try stage.replace("key", by: "key 2\n")
        try await Task.sleep(for: .seconds(3))
        #expect(stage.read("out") == "key 1\n")
        #expect(try await stage.daemon.vault("policy", "resume", "watches-key").status.isSuccess)
        try await stage.waitFor("out", "key 1\nkey 2\n")
        // With the right to open it goes what its path leads to, though nobody tells of it.
        let text = "vault: 1\nrules:\n  - { id: none, forbid: [open, watch], capability: tls/key, to: { uid: 4711 } }\n"
        try stage.daemon.writePolicy(text, to: "none.yaml")
        #expect(try await stage.daemon.vault("reload").status.isSuccess)
        try await waitUntil("the path leads nowhere", every: .milliseconds(300)) {
            try await stage.signal(SIGUSR1)
            return stage.read("err").contains("No such device or address")
        }
        try await stage.signal(SIGTERM)
        let ended = try await result
        for said in [
            "no rule lets this user watch tls/key any more", "tls/key may be watched again",
            "its path cannot be opened any more",
        ] {
            #expect(ended.errorText.contains(said), "\(said): \(ended.errorText)")
        }
        #expect(!ended.errorText.contains("tls/other"), "\(ended.errorText)")
    }

    @Test("What cannot be is said before anything runs")
    func refused() async throws {
        let stage = try await Stage()
        try stage.place.write("mine", to: "file", mode: 0o666)
        let cases: [([String], String, String)] = [
            (
                ["--on-renew", "HUP", "--env", "KEY=tls/unwatched"], "no rule lets this user watch tls/unwatched",
                "permit: [open, watch]"
            ),
            (["--on-renew", "HUP", "--fd", "5=tls/key"], "what has a number stays what it was", "--on-renew exec"),
            (["--on-renew", "HUP"], "nothing is asked for", "--env FILE=NAME"),
            (["--on-renew", "NO", "--env", "KEY=tls/key"], "'NO' is neither a signal nor exec", "vault exec --help"),
            (["--link", "x=tls/key"], "--link belongs to a parent that stays", "--on-renew HUP"),
            (["--notify"], "--notify belongs to a parent that stays", "--on-renew HUP"),
            (["--on-renew", "HUP", "--link", "file=tls/key"], "there is something that is no link", "another path"),
            (["--on-renew", "HUP", "--link", "/nonexistent/x=tls/key"], "No such file", "RuntimeDirectory="),
            (["--on-renew", "HUP", "--env", "K=tls/key", "--notify"], "there is no NOTIFY_SOCKET", "Type=notify"),
            (["--on-renew", "HUP", "--env", "K=tls/none"], "tls/none", "Try: "),
        ]
        for (options, message, remedy) in cases {
            var command = stage.command(options, "echo ran")
            command.environment = command.environment?.filter { !$0.hasPrefix("NOTIFY_SOCKET") }
            let result = try await command.run()
            #expect(result.status == .exited(125) && result.text.isEmpty, "\(options): \(result)")
            #expect(result.errorText.contains(message) && result.errorText.contains(remedy), "\(result.errorText)")
        }
        let none = stage.daemon.vaultCommand(
            ["exec", "--on-renew", "HUP", "--env", "K=tls/key", "--", "/none"], uid: 4711)
        #expect(try await none.run().status == .exited(127))
        #expect(stage.read("file") == "mine")
    }

    @Test(
        "With --notify the manager hears from its main process what the command says, but not that another is the main one",
        .enabled(if: Programs.python != nil, "needs python3"))
    func notifies() async throws {
        let stage = try await Stage()
        let python = try #require(Programs.python)
        let path = stage.place.path("notify")
        let manager = try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666, passSender: true)
        try stage.place.write(
            """
            import os, socket
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            a = os.environ["NOTIFY_SOCKET"]
            s.connect("\\0" + a[1:] if a[0] == "@" else a)
            s.send(b"READY=1\\nMAINPID=%d\\nSTATUS=here" % os.getpid())
            r, w = os.pipe()
            socket.send_fds(s, [b"FDSTORE=1\\nFDNAME=x"], [r])
            print("WATCHDOG_PID" in os.environ, flush=True)
            """, to: "say.py", mode: 0o644)
        var command = stage.command(
            ["--on-renew", "HUP", "--notify", "--env", "KEY=tls/key"],
            "echo $PPID >parent; \(python) say.py >out; while :; do sleep 0.05; done")
        command.environment = (command.environment ?? []) + ["NOTIFY_SOCKET=\(path)", "WATCHDOG_PID=1"]
        let notifying = command
        async let result = notifying.run()
        let socket = HeldDescriptor(manager)
        let heard = try await onThread {
            try (0..<2).map { _ -> (String, Int32?, Int) in
                try waitOnThread(on: socket, what: "a message")
                return try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                    let message = try MessageSocket.receive(into: buffer, room: .descriptorsOfProcess(8), on: socket)
                    let text = String(decoding: buffer[..<message.byteCount], as: UTF8.self)
                    return (text, message.credentials?.pid, message.descriptors.count)
                }
            }
        }
        #expect(heard.map(\.0) == ["READY=1\nSTATUS=here", "FDSTORE=1\nFDNAME=x"])
        #expect(heard.map(\.2) == [0, 1])
        try await waitUntil("it has ended") { stage.read("out") == "False\n" }
        let parent = Int32(stage.read("parent").dropLast())
        #expect(heard.allSatisfy { $0.1 == parent })
        try await stage.signal(SIGTERM)
        _ = try await result
    }

    @Test(
        "The manager does not hear that what is run anew stops, but that the command does with its parent",
        .enabled(if: Programs.python != nil, "needs python3"))
    func notifiesWhenRunAnew() async throws {
        let stage = try await Stage()
        let path = stage.place.path("notify")
        let manager = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666))
        try stage.place.write(
            """
            import os, signal, socket
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
            def end(*_): s.send(b"STOPPING=1"); os._exit(0)
            signal.signal(signal.SIGTERM, end)
            open("parent", "w").write("%d\\n" % os.getppid())
            s.send(b"READY=1")
            while True: signal.pause()
            """, to: "say.py", mode: 0o644)
        var command = stage.command(
            ["--on-renew", "exec", "--notify", "--env", "KEY=tls/key"],
            "exec \(try #require(Programs.python)) say.py")
        command.environment = (command.environment ?? []) + ["NOTIFY_SOCKET=\(path)"]
        let notifying = command
        async let result = notifying.run()
        func heard() async throws -> String {
            try await onThread {
                try waitOnThread(on: manager, what: "a message")
                return try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                    let message = try MessageSocket.receive(into: buffer, room: .descriptorsOfProcess(8), on: manager)
                    return String(decoding: buffer[..<message.byteCount], as: UTF8.self)
                }
            }
        }
        #expect(try await heard() == "READY=1")
        try await Task.sleep(for: .seconds(1))
        try stage.replace("key", by: "key 2\n")
        #expect(try await heard() == "READY=1")
        try await stage.signal(SIGTERM)
        #expect(try await heard() == "STOPPING=1")
        #expect(try await result.status == .exited(0))
    }

    @Test("What is blocked for the parent is not for the command")
    func masks() async throws {
        let stage = try await Stage()
        // Read by the shell itself: while it starts another program it may block signals.
        let script = """
            while read -r key value; do [ "$key" != SigBlk: ] || echo "$value"; done </proc/$$/status
            echo $PPID >parent
            """
        let plain = try await stage.command(["--env", "KEY=tls/key"], script).run().text
        #expect(plain.count == 17)
        #expect(try await stage.command(["--on-renew", "HUP", "--env", "KEY=tls/key"], script).run().text == plain)
    }
}
