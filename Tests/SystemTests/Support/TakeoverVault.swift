// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import Testing
import VaultTestKit

/// A daemon with one of everything that a takeover hands over.
enum TakeoverVault {
    private static let policy = """
        vault: 1
        capabilities:
          - name: c/shared
            file: { path: "@DIRECTORY@/text", rights: [read] }
            delivery: shared
          - name: c/pipe
            pipe: {}
          - name: c/port
            listen: { tcp: "127.0.0.1:0" }
        rules:
          - id: all
            permit: [open, deposit, remove]
            capability: "**"
            to: { uid: [4711, \(geteuid())] }

        """

    static func start() async throws -> Daemon {
        var options = StandardVault.options
        options.policies = ["takeover.yaml": policy]
        options.files = ["text": "0123456789"]
        return try await Daemon.start(options)
    }

    /// Deposits a piece of memory, as `d/x`, that says `kept`.
    static func deposit(_ daemon: Daemon) async throws {
        let put = try await DepositVault.python(
            daemon, uid: 4711,
            """
            fd = os.memfd_create('m'); os.write(fd, b'kept'); os.set_inheritable(fd, True)
            sys.exit(subprocess.run([vault, 'put', 'd/x', '--fd', str(fd)], pass_fds=[fd]).returncode)
            """)
        #expect(put.status == .exited(0), "\(put.errorText)\(daemon.log)")
    }

    static func deposited(_ daemon: Daemon) async throws -> String {
        try await daemon.vault(
            "exec", "--fd", "5=d/x", "--", "/usr/bin/python3", "-c", "import os; print(os.pread(5, 9, 0).decode())",
            uid: 4711
        ).text
    }

    static func port(_ daemon: Daemon) async throws -> String {
        try await daemon.vault(
            "exec", "--fd", "5=c/port", "--", "/usr/bin/python3", "-c",
            "import socket; print(socket.socket(fileno=5).getsockname()[1])", uid: 4711
        ).text
    }

    static func records(_ daemon: Daemon, _ type: String) async throws -> [JSONValue] {
        try await daemon.vault("audit", "list", "--type", type, "--output", "jsonl").text
            .split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }
}
