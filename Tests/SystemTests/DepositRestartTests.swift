// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// Deposits that the service manager keeps while the broker is started again.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: one user deposits, another takes"))
struct DepositRestartTests {
    /// A broker with something deposited as `d/x` by uid 4711, and what the manager was given.
    private struct Deposited {
        let manager: StandInManager
        let daemon: Daemon
        let name: String
        let descriptor: HeldDescriptor

        /// - Parameters:
        ///   - make: Python that leaves what is deposited in `fd`.
        ///   - options: further ones of `vault put`, in Python.
        init(_ make: String, options: String = "") async throws {
            let manager = try StandInManager()
            daemon = try await DepositVault.start { $0.environment = [manager.environment] }
            self.manager = manager
            let put = try await DepositVault.python(
                daemon, uid: 4711,
                """
                \(make)
                os.set_inheritable(fd, True)
                done = subprocess.run([vault, 'put', 'd/x', '--fd', str(fd), \(options)], pass_fds=[fd])
                sys.exit(done.returncode)
                """)
            #expect(put.status == .exited(0), "\(put.errorText)\(daemon.log)")
            let notice = try await manager.notice("FDSTORE=1")
            #expect(notice.lines.first == "FDSTORE=1" && notice.lines.last == "FDPOLL=0" && notice.lines.count == 3)
            name = String(try #require(notice.lines.dropFirst().first).dropFirst("FDNAME=".count))
            descriptor = try #require(notice.descriptors.first)
            #expect(name.hasPrefix("deposit="))
        }

        func start(with kept: [(name: String, descriptor: HeldDescriptor)]? = nil) async throws
            -> StandInManager.Running
        {
            let running = try await manager.start(daemon, with: kept ?? [(name, descriptor)])
            _ = try await manager.notice("READY=1")
            return running
        }

        /// The newest records first of a type.
        func records(_ type: String) async throws -> [JSONValue] {
            let list = try await daemon.vault("audit", "list", "--type", type, "--output", "jsonl")
            return try list.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        }
    }

    private static let memory = "fd = os.memfd_create('m'); os.write(fd, b'kept')"

    private func content(_ daemon: Daemon) async throws -> String {
        try await daemon.vault(
            "exec", "--fd", "5=d/x", "--", "/usr/bin/python3", "-c", "import os; print(os.pread(5, 9, 0))", uid: 4712
        ).text
    }

    @Test("A deposit outlives a crash and a restart, with its expiry, and is given up when it is removed")
    func kept() async throws {
        let deposited = try await Deposited(Self.memory, options: "'--expires', '1h'")
        let daemon = deposited.daemon
        let before = try JSONValue(parsing: try await daemon.vault("show", "d/x", "--output", "json").text)
        try await daemon.crash()

        let second = try await deposited.start()
        #expect(try await content(daemon) == "b'kept'\n", "\(daemon.log)")
        let shown = try JSONValue(parsing: try await daemon.vault("show", "d/x", "--output", "json").text)
        for key in ["depositor", "descriptor", "expiresUSec", "depositedUSec", "rights"] {
            #expect(shown[key] == before[key], "\(key): \(shown)")
        }
        let record = try #require(try await deposited.records("restore").first)
        #expect(record["outcome"]?.string == "kept" && record["capability"]?["name"]?.string == "d/x")
        #expect(record["deposit"]?["id"]?.string.map { "deposit=\($0)" } == deposited.name)
        #expect(try await second.stop() == .exited(0), "\(daemon.log)")

        let third = try await deposited.start()
        #expect(try await content(daemon) == "b'kept'\n", "\(daemon.log)")
        #expect(try await daemon.vault("remove", "d/x", uid: 4712).status == .exited(0))
        let removed = try await deposited.manager.notice("FDSTOREREMOVE=1")
        #expect(removed.lines == ["FDSTOREREMOVE=1", "FDNAME=\(deposited.name)"])
        #expect(try await daemon.vault("audit", "verify").status == .exited(0))
        #expect(try await third.stop() == .exited(0), "\(daemon.log)")
    }

    @Test("One whose other end hung up while the broker was down is kept, and shown so")
    func hungUp() async throws {
        let deposited = try await Deposited("fd, other = os.pipe()")
        try await deposited.daemon.crash()
        let second = try await deposited.start()
        try await waitUntil("it is hung up") {
            try await deposited.daemon.vault("show", "d/x").text.contains("hung-up")
        }
        #expect(try await second.stop() == .exited(0), "\(deposited.daemon.log)")
    }

    @Test("What the service manager could hang at is not given to it, and does not outlive a restart")
    func notGiven() async throws {
        let deposited = try await Deposited(
            """
            status = os.open('/proc/self/status', os.O_RDONLY); os.set_inheritable(status, True)
            subprocess.run([vault, 'put', 'risky/x', '--fd', str(status)], pass_fds=[status], check=True)
            \(Self.memory)
            """)
        #expect(try DescriptorType(of: deposited.descriptor) == .memory)
        try await deposited.daemon.crash()
        let second = try await deposited.start()
        #expect(try await deposited.daemon.vault("show", "d/x").status == .exited(0))
        #expect(try await deposited.records("remove").compactMap { $0["why"]?.string } == ["lost"])
        #expect(try await second.stop() == .exited(0), "\(deposited.daemon.log)")
    }

    @Test("A file that is called as memory is, in a mount that is mounted nowhere, is not taken for memory")
    func calledMemory() async throws {
        let daemon = try await DepositVault.start()
        let result = try await DepositVault.python(
            daemon, uid: 0,
            """
            import ctypes, fcntl, tempfile
            with tempfile.TemporaryDirectory(dir=os.path.dirname(vault)) as directory:
                open(directory + '/memfd:x', 'w').close()
                # open_tree(2) with OPEN_TREE_CLONE.
                tree = ctypes.CDLL(None).syscall(428, -100, directory.encode(), ctypes.c_uint(1))
                if tree < 0: print('no tree'); sys.exit(0)
                fd = os.open('memfd:x', os.O_RDONLY, dir_fd=tree)
                os.close(tree)
            try: fcntl.fcntl(fd, 1034); print('no file'); sys.exit(0)
            except OSError: pass
            assert os.readlink(f'/proc/self/fd/{fd}').startswith('/memfd:x')
            os.setgroups([]); os.setresuid(4711, 4711, 4711)
            put = subprocess.run([vault, 'put', 'd/x', '--fd', str(fd)], pass_fds=[fd], capture_output=True, text=True)
            print(put.stderr)
            """)
        try #require(result.status == .exited(0), "\(result.errorText)")
        if result.text == "no tree\n" { try Test.cancel("there is no open_tree(2) here") }
        if result.text == "no file\n" { try Test.cancel("the programs lie on a file system in memory") }
        #expect(result.text.contains("any-filesystem"), "\(result.text)")
    }

    @Test("What is not what was deposited, and what nobody knows, is closed and given up, on record")
    func another() async throws {
        let deposited = try await Deposited("fd, other = os.pipe()")
        let daemon = deposited.daemon
        try await daemon.crash()
        let pipe = try OwnedDescriptor.pipe()
        let (reader, writer) = (HeldDescriptor(pipe.reader), HeldDescriptor(pipe.writer))
        let second = try await deposited.manager.start(
            daemon, with: [(deposited.name, reader), ("deposit=run-1", writer)])
        let first = try await deposited.manager.notice("FDSTOREREMOVE=1")
        #expect(first.lines == ["FDSTOREREMOVE=1", "FDNAME=\(deposited.name)"], "\(daemon.log)")
        let last = try await deposited.manager.notice("FDSTOREREMOVE=1")
        #expect(last.lines == ["FDSTOREREMOVE=1", "FDNAME=deposit=run-1"], "\(daemon.log)")
        _ = try await deposited.manager.notice("READY=1")
        #expect(try await daemon.vault("show", "d/x").status == .exited(1))
        let records = try await deposited.records("restore")
        #expect(records.count == 2 && records.allSatisfy { $0["outcome"]?.string == "closed" }, "\(records)")
        #expect(try await deposited.records("remove").compactMap { $0["why"]?.string } == ["lost"])
        #expect(try await second.stop() == .exited(0), "\(daemon.log)")
    }

    @Test("One whose time came while the broker was down has gone")
    func expired() async throws {
        let deposited = try await Deposited(Self.memory, options: "'--expires', '1s'")
        try await deposited.daemon.crash()
        try await Task.sleep(for: .milliseconds(1200))
        let second = try await deposited.start()
        #expect(try await deposited.daemon.vault("show", "d/x").status == .exited(1))
        #expect(try await deposited.records("remove").compactMap { $0["why"]?.string } == ["time"])
        #expect(try await second.stop() == .exited(0), "\(deposited.daemon.log)")
    }
}
