// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// The sockets at which numbers are collected, and clients that mean no good.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the socket's mode says who collects"))
struct MetricsHTTPTests {
    private static func start(_ setting: String) async throws -> Daemon {
        var options = StandardVault.options
        options.configuration = (options.configuration ?? "") + "metrics-socket: \(setting)\n"
        return try await Daemon.start(options)
    }

    /// Python with `connect()`, `ask(bytes)` that returns all that is answered, and the head of a request.
    private static let tools = """
        import os, sys, socket, time, select
        place = sys.argv[1]
        def connect():
            if place.startswith('/'):
                s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(place)
            else:
                s = socket.create_connection(('127.0.0.1', int(place)), 20)
            return s
        def rest(s):
            data = b''
            while True:
                try: part = s.recv(65536)
                except ConnectionResetError: return data + b'RESET'
                if not part: return data
                data += part
        def ask(data):
            s = connect(); s.sendall(data); return rest(s)
        def status(answer): return answer[9:12].decode()
        GET = b'GET /metrics HTTP/1.1\\r\\nHost: a\\r\\n'
        def number(answer, name):
            return [l for l in answer.decode().split('\\r\\n\\r\\n')[1].splitlines() if l.startswith(name + ' ')]

        """

    private func python(_ place: String, uid: UInt32 = 0, _ script: String) async throws -> CommandResult {
        try await Command("/usr/bin/python3", "-c", Self.tools + script, place).asUser(uid: uid).run()
    }

    @Test("At a path with a mode, and gone with the daemon")
    func path() async throws {
        let daemon = try await Self.start(#"{ path: @DIRECTORY@/run/metrics.sock, mode: "0660" }"#)
        let path = daemon.directory.path("run/metrics.sock")
        let script =
            "a = ask(GET + b'\\r\\n'); print(status(a), number(a, 'vaultd_grants_total'), a.endswith(b'\\n# EOF\\n'))"
        let result = try await python(path.string, script)
        #expect(result.text == "200 ['vaultd_grants_total 0'] True\n", "\(result.errorText)\(daemon.log)")
        #expect(try FileStatus(ofPath: path).permissions == 0o660)
        let other = try await python(path.string, uid: StandardVault.reader, script)
        #expect(other.errorText.contains("Permission denied"), "\(other.text)")
        #expect(try await daemon.terminate() == .exited(0))
        #expect((try? FileStatus(ofPath: path)) == nil)
    }

    @Test("At a port of the loopback interface, in two forms; what else is asked for is refused")
    func port() async throws {
        let port = try unusedPort()
        let daemon = try await Self.start(#"{ listen: "127.0.0.1:\#(port)" }"#)
        let result = try await python(
            "\(port)", uid: StandardVault.stranger,
            """
            a = ask(GET + b'\\r\\n').decode()
            head, body = a.split('\\r\\n\\r\\n')
            lines = dict(l.split(': ', 1) for l in head.split('\\r\\n')[1:])
            print(lines['Content-Type'], int(lines['Content-Length']) == len(body.encode()), lines['Connection'])
            old = ask(GET + b'Accept: text/plain;version=0.0.4\\r\\n\\r\\n').decode()
            print('text/plain; version=0.0.4' in old, '# TYPE vaultd_grants_total counter' in old, '# EOF' in old)
            one = ask(b'GET /metrics HTTP/1.0\\r\\n\\r\\n')
            print(status(one))
            print([status(ask(x)) for x in [b'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n', b'POST' + GET[3:] + b'\\r\\n',
                GET + b'Content-Length: 5\\r\\n\\r\\nhello', b'\\r\\n\\r\\n', b'GET /metrics HTTP/3\\r\\nHost: a\\r\\n\\r\\n',
                GET + b'X: ' + b'y' * 9000 + b'\\r\\n\\r\\n']])
            head = ask(b'HEAD' + GET[3:] + b'\\r\\n')
            print(status(head), b'Allow: GET\\r\\n' in head, head.endswith(b'\\r\\n\\r\\n'))
            """)
        #expect(
            result.text == """
                application/openmetrics-text; version=1.0.0; charset=utf-8 True close
                True True False
                200
                ['404', '405', '413', '400', '505', '431']
                405 True True

                """, "\(result.text)\(result.errorText)\(daemon.log)")
    }

    @Test("Several requests in one go get one answer; one that comes in pieces gets its own; half of one none")
    func pieces() async throws {
        let daemon = try await Self.start("{ path: @DIRECTORY@/run/metrics.sock }")
        let result = try await python(
            daemon.directory.path("run/metrics.sock").string,
            """
            a = ask((GET + b'\\r\\n') * 50); print(a.count(b'HTTP/1.1 '), b'RESET' in a)
            a = ask(GET + b'\\r\\n' + b'x' * 50000); print(status(a), b'# EOF' in a)
            s = connect()
            for byte in GET + b'\\r\\n': s.sendall(bytes([byte])); time.sleep(0.001)
            print(status(rest(s)))
            s = connect(); s.sendall(GET); s.shutdown(socket.SHUT_WR); print(rest(s))
            s = connect(); s.sendall(GET + b'\\r\\n'); s.shutdown(socket.SHUT_WR); print(status(rest(s)))
            begin = time.monotonic()
            slow, silent = connect(), connect(); slow.sendall(GET)
            print(status(rest(slow)), rest(silent), 4 < time.monotonic() - begin < 12)
            """)
        #expect(
            result.text == "1 False\n200 True\n200\nb''\n200\n408 b'' True\n",
            "\(result.text)\(result.errorText)\(daemon.log)")
    }

    @Test(
        "Many connections that ask for nothing, or do not read, keep nobody from the numbers, nor the broker from its work"
    )
    func flood() async throws {
        let port = try unusedPort()
        let daemon = try await Self.start(#"{ listen: "127.0.0.1:\#(port)" }"#)
        // With what is held once it has been granted.
        _ = try await daemon.vault("cat", "files/secret", uid: StandardVault.reader)
        try await waitUntil("its connection is closed") {
            try await MetricsTests.samples(daemon)["vaultd_connections"] == 1
        }
        let before = try daemon.descriptorCount
        let result = try await python(
            "\(port)", uid: StandardVault.stranger,
            """
            held = []
            for i in range(300):
                s = connect(); held.append(s)
                if i % 3: s.sendall(GET if i % 3 == 1 else GET + b'\\r\\n')
                if i % 50 == 0: print(status(ask(GET + b'\\r\\n')), flush=True)
            print('held', flush=True)
            print(status(ask(GET + b'\\r\\n')))
            """)
        #expect(result.text == String(repeating: "200\n", count: 6) + "held\n200\n", "\(result.errorText)\(daemon.log)")
        let grant = try await daemon.vault("cat", "files/secret", uid: StandardVault.reader)
        #expect(grant.text == StandardVault.secret, "\(grant.errorText)")
        try await waitUntil("all of them are closed") { try daemon.descriptorCount <= before }
    }

    @Test("Descriptors that are passed there end the connection, and are closed")
    func descriptors() async throws {
        let daemon = try await Self.start(#"{ path: @DIRECTORY@/run/metrics.sock, mode: "0666" }"#)
        let result = try await python(
            daemon.directory.path("run/metrics.sock").string, uid: StandardVault.stranger,
            """
            import array
            r, w = os.pipe()
            s = connect()
            try:
                s.sendmsg([GET + b'\\r\\n'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [w] * 100))])
            except PermissionError: pass
            os.close(w)
            print(rest(s) in (b'', b'RESET'), os.read(r, 1))
            """)
        // The pipe is at its end: nobody has any of them.
        #expect(result.text == "True b''\n", "\(result.text)\(result.errorText)")
    }

    @Test("A service manager's socket, and a daemon that takes the port over while it is being asked")
    func handedOver() async throws {
        let port = try unusedPort()
        let daemon = try await Self.start(#"{ listen: "127.0.0.1:\#(port)" }"#)
        let asking = Command(
            "/usr/bin/python3", "-c",
            Self.tools + """
                end = time.monotonic() + 60
                answers = set()
                while time.monotonic() < end and not os.path.exists(sys.argv[2]):
                    try: answers.add(status(ask(GET + b'\\r\\n')))
                    except ConnectionError: answers.add('')
                print(answers)
                """, "\(port)", daemon.directory.path("done").string)
        async let asked = asking.run()
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        let samples = try await MetricsTests.samples(daemon)
        #expect(samples["vaultd_healthy{part=\"log\"}"] == 1)
        let last = try await python("\(port)", "print(status(ask(GET + b'\\r\\n')))")
        #expect(last.text == "200\n", "\(last.errorText)")
        try daemon.directory.write("", to: "done", mode: 0o644)
        // One that the former was answering when it ended may have got nothing.
        let answers = try await asked
        #expect(
            ["{'200'}\n", "{'200', ''}\n", "{'', '200'}\n"].contains(answers.text),
            "\(answers.text)\(answers.errorText)")
    }

    @Test(
        "A setting that is none is refused with its place",
        arguments: [
            (#"{ listen: "0.0.0.0:9469" }"#, "is no port of the loopback interface"),
            (#"{ listen: "127.0.0.1" }"#, "is no port of the loopback interface"),
            (#"{ listen: "127.0.0.1:0" }"#, "is no port of the loopback interface"),
            (#"{ listen: "127.0.0.1:9469", path: /run/x.sock }"#, "'metrics-socket' has to be a path or a port"),
            (#"{ listen: "127.0.0.1:9469", mode: "0600" }"#, "'metrics-socket' has to be a path or a port"),
            (#"{ mode: "0600" }"#, "'metrics-socket' has to be a path or a port"),
        ])
    func refused(_ setting: String, _ message: String) async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let file = try directory.write("metrics-socket: \(setting)\n", to: "vaultd.yaml", mode: 0o644)
        let command = Command(
            try await Programs.directory().appending("vaultd"), arguments: ["--check", "--config", file.string])
        let result = try await command.run()
        #expect(result.status == .exited(2), "\(result.text)")
        #expect(result.errorText.contains(message) && result.errorText.contains("\(file):1:"), "\(result.errorText)")
    }
}
