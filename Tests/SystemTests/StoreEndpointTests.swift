// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// Services that store descriptors as they do with their service manager.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: users deposit"))
struct StoreEndpointTests {
    private static func start() async throws -> Daemon {
        try await DepositVault.start {
            $0.configuration = #"notify-socket: { path: @DIRECTORY@/run/notify.sock, prefix: "d/services" }"#
        }
    }

    /// Linux 6.5.
    private static var hasProcessDescriptors: Bool {
        guard let socket = try? UnixSocket.make(.datagram) else { return false }
        return (try? SocketOption.setPassProcessDescriptors(true, on: socket)) ?? false
    }

    /// Python with `send(text, fds)` and, where it is there, `systemd`.
    private static let tools = """
        import array, ctypes, time
        path = os.path.dirname(os.environ['VAULT_SOCKET']) + '/notify.sock'
        os.environ['NOTIFY_SOCKET'] = path
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        def send(text, fds=(), more=()):
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
            s.sendmsg([text.encode() if isinstance(text, str) else text], rights + list(more), 0, path)
        def barrier():
            r, w = os.pipe(); send('BARRIER=1', [w]); os.close(w); assert os.read(r, 1) == b''; os.close(r)
        def names():
            out = subprocess.run([vault, 'list', 'd/**', '-o', 'jsonl'], capture_output=True, text=True).stdout
            import json
            return sorted(json.loads(line)['name'] for line in out.splitlines())
        m = os.memfd_create('m'); os.write(m, b'kept')

        """

    private func python(_ daemon: Daemon, uid: UInt32 = 4711, _ script: String) async throws -> CommandResult {
        try await DepositVault.python(daemon, uid: uid, Self.tools + script)
    }

    @Test("What a service stores is deposited under its name, further ones behind it, and removed by that name")
    func stores() async throws {
        let daemon = try await Self.start()
        let result = try await python(
            daemon,
            """
            send('READY=1\\nSTATUS=up'); send('FDSTORE=1\\nFDNAME=x', [m]); send('FDSTORE=1\\nFDNAME=x', [m, m])
            send('FDSTORE=1', [m]); send('FDSTORE=1\\nFDNAME=a b/+', [m]); barrier()
            print(names())
            send('FDSTOREREMOVE=1\\nFDNAME=x'); barrier()
            print(names())
            """)
        let stored = "'d/services/a+20b+2F+2B', 'd/services/stored'"
        let all = "['d/services/a+20b+2F+2B', 'd/services/stored', 'd/services/x', 'd/services/x.1', 'd/services/x.2']"
        #expect(result.text == "\(all)\n[\(stored)]\n", "\(result.errorText)\(daemon.log)")
        let names = try await daemon.vault(
            "exec", "--pass", "d/services/a+20b+2F+2B", "--", "/bin/sh", "-c", "echo $LISTEN_FDNAMES", uid: 4712)
        #expect(names.text == "a b/+\n", "\(names.errorText)")
        let log = try await daemon.vault("audit", "list", "--type", "deposit", "-o", "jsonl").text
        #expect(log.contains(Self.hasProcessDescriptors ? "\"pin\":\"pidfd\"" : "\"pin\":\"weak\""), "\(log)")
        #expect(try await daemon.vault("audit", "verify").status == .exited(0))
    }

    @Test("libsystemd stores there, and waits until it is done")
    func libsystemd() async throws {
        let daemon = try await Self.start()
        let result = try await python(
            daemon,
            """
            try: lib = ctypes.CDLL('libsystemd.so.0')
            except OSError: print('none'); sys.exit(0)
            fds = (ctypes.c_int * 2)(m, m)
            n = lib.sd_pid_notify_with_fds(0, 0, b'FDSTORE=1\\nFDNAME=lib', fds, 2)
            assert n > 0, n
            assert lib.sd_notify_barrier(0, ctypes.c_uint64(5000000)) > 0
            print(names())
            """)
        if result.text == "none\n" { try Test.cancel("there is no libsystemd.so.0") }
        #expect(
            result.text == "['d/services/lib', 'd/services/lib.1']\n", "\(result.errorText)\(daemon.log)")
    }

    @Test("A daemon that takes over goes on at the socket, and what waits there is stored by it")
    func takenOver() async throws {
        let daemon = try await Self.start()
        let first = try await python(daemon, "send('FDSTORE=1\\nFDNAME=x', [m]); barrier()")
        #expect(first.status == .exited(0), "\(first.errorText)")
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        let second = try await python(daemon, "send('FDSTORE=1\\nFDNAME=x', [m]); barrier(); print(names())")
        #expect(second.text == "['d/services/x', 'd/services/x.1']\n", "\(second.errorText)\(daemon.log)")
        #expect(try await daemon.terminate() == .exited(0))
        let socket = daemon.socket.removingLastComponent().appending("notify.sock")
        #expect(throws: Errno.noSuchFileOrDirectory) { try FileStatus(ofPath: socket) }
    }

    @Test("What hangs up goes, unless it is to stay")
    func hangUp() async throws {
        let daemon = try await Self.start()
        let result = try await python(
            daemon,
            """
            a, b = socket.socketpair(); c, d = socket.socketpair()
            send('FDSTORE=1\\nFDNAME=goes', [a.fileno()]); send('FDSTORE=1\\nFDNAME=stays\\nFDPOLL=0', [c.fileno()])
            barrier(); print(names())
            b.close(); d.close()
            for _ in range(100):
                if 'd/services/goes' not in names(): break
                time.sleep(0.05)
            print(names())
            """)
        #expect(
            result.text == "['d/services/goes', 'd/services/stays']\n['d/services/stays']\n",
            "\(result.errorText)\(daemon.log)")
        let log = try await daemon.vault("audit", "list", "-o", "jsonl").text
        #expect(log.contains("\"why\":\"hung-up\"") && log.contains("\"type\":\"deposit.hangup\""))
    }

    @Test("Who may deposit nothing is denied, on record")
    func denied() async throws {
        let daemon = try await Self.start()
        let result = try await python(daemon, uid: 4713, "send('FDSTORE=1\\nFDNAME=x', [m]); barrier(); print(names())")
        #expect(result.text == "[]\n", "\(result.errorText)")
        let log = try await daemon.vault("audit", "list", "--type", "deny", "-o", "jsonl").text
        #expect(log.contains("\"action\":\"deposit\"") && log.contains("\"uid\":4713"))
    }

    @Test("What is no such message is passed over, and leaves nothing open")
    func hostile() async throws {
        let daemon = try await Self.start()
        let before = try await settled(daemon)
        let result = try await python(
            daemon,
            """
            send(b'\\0\\xff=\\n', [m]); send(b'FDSTOREREMOVE=1\\nFDNAME=' + b'n' * 256, [m])
            send(b'FDSTORE=1\\nFDNAME=long\\n' + b'X=' + b'x' * 60000, [m])
            send(b'FDSTORE=1', []); send(b'FDSTOREREMOVE=1'); send(b'FDSTOREREMOVE=1\\nFDNAME=nobody')
            send(b'X', [m] * 253)
            send('FDSTORE=1\\nFDNAME=many', [m] * 253)
            send('BARRIER=1', [m] * 200)
            for i in range(2000):
                try: s.sendmsg([b'FDSTORE=1\\nFDNAME=flood'], [], socket.MSG_DONTWAIT, path)
                except BlockingIOError: pass
            # Of nobody: the kernel says who sends, and refuses others.
            import struct
            try: send('FDSTORE=1\\nFDNAME=root', [m], [(socket.SOL_SOCKET, 2, struct.pack('iII', 1, 0, 0))]); print('forged')
            except PermissionError: pass
            send('FDSTORE=1\\nFDNAME=last', [m]); barrier(); print(names())
            """)
        #expect(result.text == "['d/services/last']\n", "\(result.errorText)\(daemon.log)")
        #expect(try await daemon.vault("remove", "d/services/last", uid: 4712).status == .exited(0))
        try await waitUntil("all is closed") { try daemon.descriptorCount <= before }
    }

    private func settled(_ daemon: Daemon) async throws -> Int {
        _ = try await daemon.vault("audit", "list")
        try await Task.sleep(for: .milliseconds(300))
        return try daemon.descriptorCount
    }
}
