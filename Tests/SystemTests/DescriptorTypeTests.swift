// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// Every type of descriptor, through everything that can be done with a deposit.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: one user deposits, another takes"))
struct DescriptorTypeTests {
    /// One type of descriptor: how Python makes it, and what shows that descriptor 5 is it.
    struct Kind: Sendable, CustomTestStringConvertible {
        let word: String
        /// Leaves the descriptor in `fd`, and whatever it needs for its life in other names.
        let make: String
        /// Fails where descriptor 5 is not the very thing.
        let check: String
        var rights = "use"
        var isRisky = false

        var testDescription: String { word }
        var name: String { isRisky ? "risky/\(word)" : "d/\(word)" }
    }

    private static let libc = "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"

    static let kinds = [
        Kind(
            word: "regular-file",
            make: """
                import tempfile
                f = tempfile.TemporaryFile(dir='/dev/shm'); f.write(b'whole'); f.flush(); fd = f.fileno()
                """,
            check: "assert os.pread(5, 9, 0) == b'whole'", rights: "read,write"),
        Kind(
            word: "memfd", make: "fd = os.memfd_create('m'); os.write(fd, b'whole')",
            check: "assert os.pread(5, 9, 0) == b'whole'", rights: "read,write"),
        Kind(
            word: "pipe", make: "fd, w = os.pipe(); os.write(w, b'x' * 64)",
            check: "assert os.read(5, 1) == b'x'", rights: "read"),
        Kind(
            word: "fifo",
            make: """
                import tempfile; p = tempfile.mkdtemp(dir='/dev/shm') + '/f'; os.mkfifo(p)
                r = os.open(p, os.O_RDONLY | os.O_NONBLOCK); fd = os.open(p, os.O_WRONLY)
                """, check: "assert os.write(5, b'x') == 1", rights: "write"),
        Kind(
            word: "unix-stream", make: "a, b = socket.socketpair(); fd = a.fileno(); b.send(b'y' * 64)",
            check: "assert socket.socket(fileno=5).recv(1) == b'y'"),
        Kind(
            word: "unix-seqpacket",
            make: """
                a, b = socket.socketpair(type=socket.SOCK_SEQPACKET); fd = a.fileno()
                for i in range(9): b.send(b'z')
                """, check: "assert socket.socket(fileno=5).recv(9) == b'z'"),
        Kind(
            word: "unix-datagram",
            make: """
                a, b = socket.socketpair(type=socket.SOCK_DGRAM); fd = a.fileno()
                for i in range(9): b.send(b'z')
                """, check: "assert socket.socket(fileno=5).recv(9) == b'z'"),
        Kind(
            word: "unix-stream-listener",
            make: """
                s = socket.socket(socket.AF_UNIX); s.bind(b'\\0vault-deposit-test-%d' % os.getpid())
                s.listen(); fd = s.fileno()
                """,
            check: "assert socket.socket(fileno=5).getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)"),
        Kind(
            word: "tcp-listener", make: "s = socket.create_server(('127.0.0.1', 0)); fd = s.fileno()",
            check: "assert socket.socket(fileno=5).getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)"),
        Kind(
            word: "tcp",
            make: """
                s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname())
                a, _ = s.accept(); fd = a.fileno(); c.send(b'w' * 64)
                """, check: "assert socket.socket(fileno=5).recv(1) == b'w'"),
        Kind(
            word: "udp",
            make: "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); fd = s.fileno()",
            check: "assert socket.socket(fileno=5).getsockname()[0] == '127.0.0.1'"),
        Kind(
            word: "netlink",
            make: "s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); fd = s.fileno()",
            check: "assert socket.socket(fileno=5).family == socket.AF_NETLINK"),
        Kind(
            word: "eventfd", make: "fd = os.eventfd(40, os.EFD_SEMAPHORE)", check: "assert os.eventfd_read(5) == 1"),
        Kind(
            word: "timerfd", make: libc + "fd = libc.timerfd_create(1, 0)",
            check: "assert 'timerfd' in os.readlink('/proc/self/fd/5')"),
        Kind(
            word: "signalfd",
            make: libc + "mask = (ctypes.c_ulong * 16)(); mask[0] = 512; fd = libc.signalfd(-1, mask, 0)",
            check: "assert 'signalfd' in os.readlink('/proc/self/fd/5')"),
        Kind(
            word: "epoll", make: "import select; e = select.epoll(); fd = e.fileno()",
            check: "import select; select.epoll.fromfd(5).poll(0)"),
        Kind(
            word: "inotify", make: libc + "fd = libc.inotify_init1(0)",
            check: "assert 'inotify' in os.readlink('/proc/self/fd/5')"),
        Kind(
            word: "pidfd", make: "fd = os.pidfd_open(os.getpid())",
            check: "assert 'Pid:' in open('/proc/self/fdinfo/5').read()"),
        Kind(
            word: "namespace", make: "fd = os.open('/proc/self/ns/net', os.O_RDONLY)",
            check: "assert os.readlink('/proc/self/fd/5').startswith('net:')"),
        Kind(
            word: "directory", make: "fd = os.open('/usr', os.O_RDONLY | os.O_DIRECTORY)",
            check: "assert os.stat('share', dir_fd=5)", rights: "read", isRisky: true),
        Kind(
            word: "character-device", make: "fd = os.open('/dev/null', os.O_WRONLY)",
            check: "assert os.write(5, b'x') == 1", rights: "write", isRisky: true),
    ]

    /// The columns: held, listed, granted and granted again as the very thing, to an executed program, and taken by another user,
    /// behind which nothing of it is left. ``DescriptorPassageTests`` has those of what outlives the daemon.
    @Test(
        "A descriptor of each type is held, listed, granted, granted again, executed with, and taken", arguments: kinds)
    func everyType(_ kind: Kind) async throws {
        let daemon = try await DepositVault.start()
        let put = try await DepositVault.python(
            daemon, uid: 4711,
            """
            \(kind.make)
            os.set_inheritable(fd, True)
            def run(*words): return subprocess.run([vault, *words], pass_fds=[fd], capture_output=True, text=True)
            done = run('put', sys.argv[1], '--fd', str(fd))
            assert done.returncode == 0, done.stderr
            print(run('show', sys.argv[1], '--output', 'json').stdout)
            # Whoever passed it in may go: what it needs of this process stays for as long as the others look.
            for uid in range(2):
                again = subprocess.run([vault, 'exec', '--fd', '5=' + sys.argv[1], '--', sys.executable, '-c', sys.argv[2]],
                    capture_output=True, text=True)
                assert again.returncode == 0, again.stderr
            """, kind.name, "import os, socket\n" + kind.check)
        #expect(put.status == .exited(0), "\(put.errorText)\(daemon.log)")
        let shown = try JSONObject(parsing: Array(put.text.utf8))
        #expect(shown["descriptor"]?.string == kind.word && shown["origin"]?.string == "deposited")
        #expect(shown["depositor"]?.integer == 4711 && shown["kind"]?.string == "deposit")
        #expect((shown["rights"]?.array ?? []).compactMap(\.string).joined(separator: ",") == kind.rights)
        // The other end of a pipe or a socket went with its process; the thing itself is there.
        let taken = try await daemon.vault(
            "take", kind.name, "--fd", "5", "--", "/usr/bin/python3", "-c", "import os; os.fstat(5)", uid: 4712)
        #expect(taken.status == .exited(0), "\(taken.errorText)\(daemon.log)")
        #expect(try await daemon.vault("show", kind.name).status == .exited(1))
        let log = try await daemon.vault("audit", "list", "--output", "jsonl").text
        for type in ["deposit", "grant", "take.confirm"] { #expect(log.contains("\"type\":\"\(type)\"")) }
    }
}
