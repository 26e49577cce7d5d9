// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What clients pass in: of which type, by whom, until when, and who has it in the end.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: one user deposits, another takes"))
struct DepositTests {
    @Test("What may do more than its holder, or keep the vault waiting, is refused with the reason")
    func refused() async throws {
        let daemon = try await DepositVault.start()
        let script = """
            fd = \(0)
            exec(sys.argv[1])
            os.set_inheritable(fd, True)
            done = subprocess.run([vault, 'put', 'd/x', '--fd', str(fd)], pass_fds=[fd], capture_output=True, text=True)
            print(done.returncode, done.stderr)
            """
        for (make, reason) in [
            ("fd = os.open('/etc/passwd', os.O_PATH)", "O_PATH"),
            ("fd = os.open('/usr', os.O_RDONLY)", "directories: yes"),
            ("fd = os.open('/dev/null', os.O_RDONLY)", "devices: yes"),
            ("fd = os.open('/proc/self/status', os.O_RDONLY)", "any-filesystem: yes"),
            (
                "s = socket.socket(socket.AF_UNIX); s.connect(os.environ['VAULT_SOCKET']); fd = s.fileno()",
                "a connection to the vault itself"
            ),
        ] {
            let result = try await DepositVault.python(daemon, uid: 4711, script, make)
            #expect(result.text.hasPrefix("1 "), "\(make): \(result.text)\(result.errorText)")
            #expect(result.text.contains(reason), "\(make): \(result.text)")
        }
        #expect(try await daemon.vault("list", "d/**").text.contains("d/x") == false)
    }

    // MARK: Who may

    @Test("Who may not deposit is denied, on record, and what it sends with the call is not let in")
    func denied() async throws {
        let daemon = try await DepositVault.start()
        let before = openDescriptorCount(pid: try daemon.pid, of: "/memfd:")
        let result = try await daemon.vault("put", "d/x", uid: 4712)
        #expect(result.status == .exited(1) && result.errorText.contains("not permitted"), "\(result.errorText)")
        #expect(try await daemon.vault("audit", "list", "--output", "jsonl").text.contains("\"action\":\"deposit\""))
        // What came as standard input is memory.
        #expect(openDescriptorCount(pid: try daemon.pid, of: "/memfd:") == before)
        // From now on it may: the next connection has room.
        let rule = try await daemon.vault("rules", "d/**")
        #expect(rule.status == .exited(0))
        try daemon.writePolicy(
            "vault: 1\nrules: [{ id: more, permit: [deposit], capability: d/**, to: { uid: 4712 } }]", to: "more.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        let again = try await DepositVault.python(
            daemon, uid: 4712,
            """
            r, w = os.pipe(); os.set_inheritable(r, True)
            done = subprocess.run([vault, 'put', 'd/x', '--fd', str(r)], pass_fds=[r], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            """)
        #expect(again.status == .exited(0), "\(again.errorText)")
    }

    @Test("A connection that has begun gets room with its permission, and loses it with that")
    func roomMoves() async throws {
        let daemon = try await DepositVault.start()
        let script = """
            import array, json
            s = socket.socket(socket.AF_UNIX); s.connect(os.environ['VAULT_SOCKET'])
            def call(method, parameters, fds=()):
                text = json.dumps({'method': 'io.vaultd.Broker.' + method, 'parameters': parameters}).encode() + b'\\0'
                try:
                    s.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else [])
                except PermissionError: return 'EPERM'
                answer = b''
                while not answer.endswith(b'\\0'): answer += s.recv(65536)
                return json.loads(answer[:-1])
            r, w = os.pipe()
            first = call('Deposit', {'name': 'd/room', 'fileDescriptor': 0}, [r])
            assert first == 'EPERM' or first['error'].endswith('Denied'), first
            print('ready', flush=True); sys.stdin.readline()
            second = call('Deposit', {'name': 'd/room', 'fileDescriptor': 0}, [r])
            assert 'record' in second['parameters'], second
            # One that is named by nobody, and one that is named twice.
            for numbers in ([0], [0, 0]):
                more = {'name': 'd/a', 'fileDescriptor': numbers[0]}
                if len(numbers) > 1: more['further'] = [{'name': 'd/b', 'fileDescriptor': numbers[1]}]
                third = call('Deposit', more, [r, w])
                assert 'error' in third and third['error'].split('.')[-1] in ('InvalidParameter', 'InvalidDescriptor'), third
            # With anything else they are a mistake.
            assert call('WhoAmI', {}, [r])['error'].endswith('InvalidParameter')
            both = call('Deposit', {'name': 'd/a', 'fileDescriptor': 1,
                'further': [{'name': 'd/b', 'fileDescriptor': 0}]}, [r, w])
            assert len(both['parameters']['records']) == 2, both
            """
        let file = try daemon.directory.write("import os, sys, socket\n" + script, to: "room.py", mode: 0o644)
        let go = daemon.directory.path("go")
        #expect(mkfifo(go.string, 0o666) == 0)
        let command = daemon.client("/bin/sh", ["-c", "exec python3 \(file.string) < \(go.string)"], uid: 4712)
        async let result = command.run()
        try daemon.writePolicy(
            "vault: 1\nrules: [{ id: more, permit: [deposit], capability: d/**, to: { uid: 4712 } }]", to: "more.yaml")
        // It opens when the client does.
        let signal = try await onThread { () throws(Errno) in
            HeldDescriptor(try OwnedDescriptor.open(go, flags: O_WRONLY))
        }
        try await Task.sleep(for: .milliseconds(700))
        #expect(try await daemon.vault("reload").status == .exited(0))
        try signal.writeAll(Array("go\n".utf8).span)
        let done = try await result
        #expect(done.status == .exited(0), "\(done.errorText)\(done.text)\(daemon.log)")
    }

    // MARK: In whose hands

    @Test("A taker that dies before it has confirmed loses nothing, and until then others wait")
    func takerDies() async throws {
        let daemon = try await DepositVault.start()
        let put = try await DepositVault.python(
            daemon, uid: 4711,
            """
            m = os.memfd_create('m'); os.write(m, b'kept'); os.set_inheritable(m, True)
            done = subprocess.run([vault, 'put', 'd/x', '--fd', str(m)], pass_fds=[m], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            """)
        #expect(put.status == .exited(0), "\(put.errorText)")
        let taker = try RawConnection(to: daemon.socket)
        let reply = try taker.call(
            #"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[{"name":"d/x","take":true}]}}"#)
        #expect(reply?.descriptors.count == 1)
        let waiting = try await daemon.vault("cat", "d/x", uid: 4712)
        #expect(waiting.status == .exited(3), "\(waiting.errorText)")
        #expect(try await daemon.vault("show", "d/x").text.contains("taken"))
        try UnixSocket.shutDown(taker.socket)
        try await waitUntil("the deposit is there again") {
            try await daemon.vault("show", "d/x").text.contains("ready")
        }
        let content = try await daemon.vault(
            "exec", "--fd", "5=d/x", "--", "/usr/bin/python3", "-c", "import os; print(os.pread(5, 9, 0))", uid: 4712)
        #expect(content.text == "b'kept'\n")
    }

    @Test("An end that is gone is seen: the other end of a socket or pipe has hung up")
    func hangUp() async throws {
        let daemon = try await DepositVault.start()
        let put = try await DepositVault.python(
            daemon, uid: 4711,
            """
            a, b = socket.socketpair(); r, w = os.pipe()
            for name, fd in ('d/socket', a.fileno()), ('d/pipe', r):
                os.set_inheritable(fd, True)
                done = subprocess.run([vault, 'put', name, '--fd', str(fd)], pass_fds=[fd], capture_output=True, text=True)
                assert done.returncode == 0, done.stderr
            print(subprocess.run([vault, 'list', 'd/*'], capture_output=True, text=True).stdout)
            """)
        #expect(put.text.contains("ready") && !put.text.contains("hung-up"), "\(put.text)")
        for name in ["d/socket", "d/pipe"] {
            try await waitUntil("\(name) is hung up") {
                try await daemon.vault("show", name).text.contains("hung-up")
            }
        }
        #expect(daemon.log.contains("the other end of a deposit has hung up"))
    }

    @Test("What it is for: a process hands its log to a helper that runs as another user, and both write on")
    func handsItsLogOver() async throws {
        let daemon = try await DepositVault.start()
        let put = try await DepositVault.python(
            daemon, uid: 4711,
            """
            log = os.open('/dev/shm/vault-log-%d' % os.getpid(), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            os.write(log, b'mine\\n'); os.set_inheritable(log, True)
            done = subprocess.run([vault, 'put', 'd/log', '--fd', str(log)], pass_fds=[log], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            print('/dev/shm/vault-log-%d' % os.getpid())
            """)
        #expect(put.status == .exited(0), "\(put.errorText)")
        let path = FilePath(String(put.text.filter { $0 != "\n" }))
        defer { unlink(path.string) }
        let helper = try await daemon.vault(
            "exec", "--fd", "1=d/log", "--", "/bin/sh", "-c", "echo the helper\\'s", uid: 4712)
        #expect(helper.status == .exited(0), "\(helper.errorText)")
        let text = String(decoding: try OwnedDescriptor.open(path).readAll(), as: UTF8.self)
        #expect(text == "mine\nthe helper's\n")
    }

    @Test("What one holder did to the flags of a deposit does not reach the next")
    func flags() async throws {
        let daemon = try await DepositVault.start()
        let put = try await DepositVault.python(
            daemon, uid: 4711,
            """
            r, w = os.pipe(); os.set_inheritable(r, True); os.write(w, b'1')
            done = subprocess.run([vault, 'put', 'd/x', '--fd', str(r)], pass_fds=[r], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            import time
            time.sleep(3)
            """)
        #expect(put.status == .exited(0))
        let set = "import fcntl, os; fcntl.fcntl(5, fcntl.F_SETFL, os.O_NONBLOCK)"
        #expect(
            try await daemon.vault("exec", "--fd", "5=d/x", "--", "/usr/bin/python3", "-c", set, uid: 4712).status
                == .exited(0))
        let get = "import fcntl, os; print(fcntl.fcntl(5, fcntl.F_GETFL) & os.O_NONBLOCK)"
        let seen = try await daemon.vault("exec", "--fd", "5=d/x", "--", "/usr/bin/python3", "-c", get, uid: 4712)
        #expect(seen.text == "0\n", "\(seen.errorText)")
    }

    // MARK: Limits and ends

    @Test("A uid's deposits, and a rule's, have an end; one that is removed makes room")
    func limits() async throws {
        let daemon = try await DepositVault.start { $0.configuration = "limits: { deposits-per-uid: 3 }" }
        let script = """
            m = os.memfd_create('m'); os.set_inheritable(m, True)
            for i in range(5):
                done = subprocess.run([vault, 'put', 'd/%d' % i, '--fd', str(m)], pass_fds=[m], capture_output=True, text=True)
                print(done.returncode, done.stderr.split('\\n')[0])
            """
        let result = try await DepositVault.python(daemon, uid: 4711, script)
        let lines = result.text.split(separator: "\n")
        #expect(lines.prefix(3).allSatisfy { $0 == "0 " }, "\(result.text)")
        #expect(lines.dropFirst(3).allSatisfy { $0.contains("deposits-per-uid") }, "\(result.text)")
        #expect(try await daemon.vault("remove", "d/1", uid: 4712).status == .exited(0))
        let again = try await DepositVault.python(daemon, uid: 4711, script)
        #expect(again.text.split(separator: "\n")[1] == "0 ", "\(again.text)")
    }

    @Test("After a start nothing is left of what was deposited, and the log names it")
    func lost() async throws {
        let daemon = try await DepositVault.start()
        let put = try await DepositVault.python(
            daemon, uid: 4711,
            """
            m = os.memfd_create('m'); os.set_inheritable(m, True)
            done = subprocess.run([vault, 'put', 'd/x', '--fd', str(m), '--expires', '1h'], pass_fds=[m])
            """)
        #expect(put.status == .exited(0))
        try await daemon.crash()
        try await daemon.start()
        #expect(try await daemon.vault("show", "d/x").status == .exited(1))
        let log = try await daemon.vault("audit", "list", "--output", "jsonl").text
        #expect(log.contains("\"why\":\"lost\""))
        #expect(try await daemon.vault("audit", "verify").status == .exited(0))
    }
}
