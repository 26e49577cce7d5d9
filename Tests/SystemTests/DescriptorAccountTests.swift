// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// "Descriptors have accounts": one user can use up its own share, and nobody else's.
@Suite(
    .enabled(
        if: Command.canChangeUser && Programs.python != nil && Command.find("prlimit") != nil,
        "needs root, setpriv, prlimit and python3: attackers are other users"))
struct DescriptorAccountTests {
    private static let others: UInt32 = 4713

    private static func start(
        descriptors: Int, configuration: String = "", _ change: (inout Daemon.Options) -> Void = { _ in }
    ) async throws -> Daemon {
        var options = StandardVault.options
        // The broker's own user: to root the kernel sets no bound of what is in flight.
        options.configuration = "run-as: nobody\nopener: { roots: [\"@DIRECTORY@\"] }\n" + configuration
        options.prefix = ["prlimit", "--nofile=\(descriptors):\(descriptors)", "--"]
        options.policies["others.yaml"] = """
            vault: 1
            rules:
              - id: others
                permit: [open]
                capability: [files/secret, pipes/one]
                to: { uid: [\(others)] }

            """
        change(&options)
        return try await Daemon.start(options)
    }

    /// What a program of `Tests/Attacks` found, which it says in JSON.
    private static func attack(
        _ daemon: Daemon, _ name: String, _ arguments: [String], uid: UInt32? = nil
    ) async throws -> JSONValue {
        for file in ["wire", name] {
            let text = try WholeFile.text(Programs.checkout.appending("Tests/Attacks/\(file).py"))
            try daemon.directory.write(text, to: "\(file).py", mode: 0o644)
        }
        let python = try #require(Programs.python)
        let result = try await daemon.client(
            python, [daemon.directory.path("\(name).py").string] + arguments, uid: uid
        ).run()
        guard result.status.isSuccess else {
            throw DaemonFailure(what: "\(name): \(result.text)\(result.errorText)", log: daemon.log)
        }
        return try JSONValue(parsing: Array(result.text.utf8))
    }

    @Test("Who leaves descriptors unread, over connections that live or have ended, keeps nobody from getting any")
    func unread() async throws {
        let daemon = try await Self.start(descriptors: 2_048)
        let found = try await Self.attack(
            daemon, "unread_descriptors", ["\(StandardVault.reader)", "\(Self.others)", "12"])
        let secret = JSONValue.string(StandardVault.secret)
        #expect(found["others"] == [secret, secret, secret], "\(daemon.log)")
        #expect(found["refused"] == "io.vaultd.Broker.QuotaExceeded", "\(found.text)")
        #expect(found["afterwards"] == secret, "what it closed is free at once: \(found.text)")
    }

    @Test("Ends of pipes that lead nowhere go; of those that somebody has the other end of each user has a share")
    func pipeEnds() async throws {
        let daemon = try await Self.start(descriptors: 2_048)
        let before = try daemon.descriptorCount
        let found = try await Self.attack(
            daemon, "pipe_ends", ["100"], uid: StandardVault.reader)
        #expect(found["refused_while_closing"] == .integer(0), "\(found.text)")
        let kept = try #require(found["kept"]?.integer)
        #expect((8..<100).contains(kept))
        #expect(found["refused"] == ["io.vaultd.Broker.QuotaExceeded"])
        #expect(found["limits"] == ["pipe-ends"])
        #expect(try daemon.descriptorCount <= before + Int(kept) + 8)
        // Its ends are closed by now; another user has a share of its own.
        let other = try await Self.attack(daemon, "pipe_ends", ["8"], uid: Self.others)
        #expect(other["kept"] == .integer(8), "\(other.text)")
    }

    @Test("The uids of a user namespace are one account, also where they make others; on the host each is another")
    func namespaces() async throws {
        let daemon = try await Self.start(
            descriptors: 2_048, configuration: "limits: { connections-per-uid: 4 }\n")
        let found = try await Self.attack(daemon, "uids_of_a_namespace", ["\(StandardVault.reader)", "7"])
        let first = try #require(found["first"]?.integer)
        let inside = try #require(found["inside"]?.array)
        #expect(inside.prefix(4) == [1, 2, 3, 4].map { JSONValue.integer(first + $0) }[...], "\(found.text)")
        #expect(inside.dropFirst(4).allSatisfy { $0 == "hung up" }, "\(found.text)")
        #expect(found["host"] == .integer(first + 1))
    }

    @Test("Descriptors that come with half a message are on the account of who sends it, until it is whole or ends")
    func halfMessages() async throws {
        let daemon = try await DepositVault.start {
            $0.prefix = ["prlimit", "--nofile=2048:2048", "--"]
        }
        let before = try daemon.descriptorCount
        let result = try await DepositVault.python(
            daemon, uid: 4711,
            """
            import time
            null = os.open('/dev/null', os.O_RDONLY)
            def half():
                s = socket.socket(socket.AF_UNIX); s.connect(os.environ['VAULT_SOCKET']); time.sleep(0.1)
                try: socket.send_fds(s, [b'{"method":'], [null] * 253)
                except OSError: pass
                return s
            def is_open(s):
                s.settimeout(1)
                try: return s.recv(9) != b''
                except TimeoutError: return True
                except ConnectionError: return False
            many = [half() for _ in range(8)]
            print([is_open(s) for s in many])
            for s in many: s.close()
            time.sleep(0.3)
            print(is_open(half()))
            """)
        #expect(
            result.text.hasPrefix("[True, \(Array(repeating: "False", count: 7).joined(separator: ", "))]\nTrue\n"),
            "\(result.text)\(result.errorText)\(daemon.log)")
        // The broker opens some of its own meanwhile.
        try await waitUntil("all is closed") { try daemon.descriptorCount <= before + 8 }
    }

    @Test(
        "Sockets that linger keep nobody waiting, whether they come with a call or lie in a connection that is closed")
    func lingering() async throws {
        let daemon = try await DepositVault.start()
        let before = try daemon.descriptorCount
        let result = try await DepositVault.python(
            daemon, uid: 4713,
            """
            import array, struct, time
            path = os.environ['VAULT_SOCKET']
            def lingering():
                listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                listener.bind(('127.0.0.1', 0)); listener.listen(1)
                s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                s.connect(listener.getsockname()); kept = listener.accept()[0]; s.setblocking(False)
                try:
                    while True: s.send(b'x' * 4096)
                except BlockingIOError: pass
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 120))
                return s, kept
            call = b'{"method":"io.vaultd.Broker.WhoAmI"}\\0'
            made = [lingering() for _ in range(100)]
            connections = []
            # More than one user may have: some are closed before anything is read.
            for s, _ in made:
                c = socket.socket(socket.AF_UNIX); c.connect(path)
                try: c.sendmsg([call], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [s.fileno()]))])
                except OSError: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 0, 0))
                s.close(); connections.append(c)
            for c in connections[::2]: c.close()
            del c
            time.sleep(0.2)
            connections.clear()
            start = time.monotonic()
            own = subprocess.run([vault, 'whoami'], stdout=subprocess.DEVNULL)
            print(own.returncode, time.monotonic() - start < 5)
            """)
        #expect(result.text == "0 True\n", "\(result.text)\(result.errorText)\(daemon.log)")
        // A minute before they would have ended by themselves.
        try await waitUntil("all is closed", limit: .seconds(30)) { try daemon.descriptorCount <= before + 8 }
    }

    @Test(
        "Who passes what hangs at its end is read from no more, over whatever connections, and others are",
        .enabled(if: HangingFileSystem.obstacle == nil, "\(HangingFileSystem.obstacle ?? "")"))
    func hanging() async throws {
        let daemon = try await DepositVault.start()
        let before = try daemon.descriptorCount
        let hangingFiles = try await onThread { try HangingFileSystem() }
        let file = hangingFiles.path.appending("flush").string
        let attack = """
            import array, select, time
            path, call = os.environ['VAULT_SOCKET'], b'{"method":"io.vaultd.Broker.WhoAmI"}\\0'
            file = os.open(sys.argv[1], os.O_RDONLY)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [file] * 253))]
            end, sent, alive = time.monotonic() + 6, 0, []
            while time.monotonic() < end:
                if len(alive) < 32 and sent % 4 == 0:
                    c = socket.socket(socket.AF_UNIX); c.setblocking(False); c.connect(path); alive.append(c)
                for c in list(alive):
                    try: c.sendmsg([call], rights); sent += 1
                    except BlockingIOError: pass
                    except OSError: c.close(); alive.remove(c)
                if sent % 8 == 7 and alive: alive.pop().close()
                time.sleep(0.001)
            print(sent, flush=True)
            os._exit(0)
            """
        let attacker = Task { try await DepositVault.python(daemon, uid: 4711, attack, file) }
        for _ in 0..<20 {
            try await Task.sleep(for: .milliseconds(250))
            let result = try await DepositVault.python(
                daemon, uid: 4712, "print(subprocess.run([vault, 'whoami'], stdout=subprocess.DEVNULL).returncode)")
            #expect(result.text == "0\n", "\(result.errorText)\(daemon.log)")
            // What is its own to have, what one more message brings, and what lies in its connections.
            #expect(try daemon.descriptorCount < before + 1_024 + 2 * 253 + 256)
        }
        try await onThread { try hangingFiles.end() }
        let result = try await attacker.value
        #expect((Int(result.text.dropLast()) ?? 0) > 20, "\(result.text)\(result.errorText)")
        try await waitUntil("all is closed", limit: .seconds(30)) { try daemon.descriptorCount <= before + 8 }
        #expect(try await daemon.terminate() == .exited(0))
    }
}
