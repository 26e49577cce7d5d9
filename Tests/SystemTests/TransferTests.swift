// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// Deposits from one vault to another.
@Suite(.enabled(if: Command.canChangeUser && Programs.python != nil, "needs root, setpriv and python3"))
struct TransferTests {
    /// So many files are deposited under `d/N`, each with its number in it.
    private static func fill(_ daemon: Daemon, _ count: Int) async throws {
        let put = try await DepositVault.python(
            daemon, uid: 4711,
            """
            for i in range(\(count)):
                m = os.memfd_create('m'); os.write(m, b'%d' % i); os.set_inheritable(m, True)
                more = ['--fdname', 'own', '--expires', '1h'] if i == 0 else []
                subprocess.run([vault, 'put', f'd/n{i}', '--fd', str(m)] + more, pass_fds=[m], check=True, stdout=subprocess.DEVNULL)
            """)
        #expect(put.status == .exited(0), "\(put.errorText)\(daemon.log)")
    }

    private static func names(_ daemon: Daemon) async throws -> Set<String> {
        let list = try await daemon.vault("list", "d/**", "--output", "jsonl")
        return Set(list.text.matches(of: /"name":"([^"]*)"/).map { String($0.1) })
    }

    private static func content(_ daemon: Daemon, _ name: String) async throws -> String {
        let script = "import os; print(os.pread(5, 9, 0).decode(), end='')"
        return try await daemon.vault("exec", "--fd", "5=\(name)", "--", "/usr/bin/python3", "-c", script, uid: 4711)
            .text
    }

    @Test("All that match are at the other vault, with their names and times, and not here any more")
    func transfer() async throws {
        let (here, there) = (try await DepositVault.start(), try await DepositVault.start())
        try await Self.fill(here, 5)
        let done = try await here.vault("transfer", "d/*", "--to", there.socket.string, uid: 4711)
        #expect(done.status == .exited(0) && done.text.hasPrefix("5 deposits"), "\(done.errorText)\(done.text)")
        #expect(try await Self.names(here).isEmpty)
        #expect(try await Self.names(there).count == 5)
        #expect(try await Self.content(there, "d/n3") == "3")
        let show = try await there.vault("show", "d/n0")
        #expect(show.text.contains("own") && show.text.contains("expires"), "\(show.text)")
        let none = try await here.vault("transfer", "d/*", "--to", there.socket.string, uid: 4711)
        #expect(none.status == .exited(1), "\(none.text)")
    }

    @Test("Where the other one refuses one of them all stay, and nothing is left there")
    func refused() async throws {
        let (here, there) = (try await DepositVault.start(), try await DepositVault.start())
        try await Self.fill(here, 3)
        let own = try await DepositVault.python(
            there, uid: 4711,
            """
            r, w = os.pipe(); os.set_inheritable(r, True)
            subprocess.run([vault, 'put', 'd/n1', '--fd', str(r)], pass_fds=[r], check=True, stdout=subprocess.DEVNULL)
            """)
        #expect(own.status == .exited(0), "\(own.errorText)")
        let done = try await here.vault("transfer", "d/*", "--to", there.socket.string, uid: 4711)
        #expect(done.status == .exited(1) && done.errorText.contains("d/n1"), "\(done.errorText)")
        try await waitUntil("they are there for all again") {
            try await !here.vault("list", "d/*").text.contains("taken")
        }
        #expect(try await Self.names(here).count == 3)
        #expect(try await Self.names(there) == ["d/n1"])
        let nobody = try await here.vault("transfer", "d/*", "--to", "/nonexistent.sock", uid: 4711)
        #expect(nobody.status == .exited(3), "\(nobody.errorText)")
        #expect(try await Self.names(here).count == 3)
    }

    /// The command is stopped before each of its messages in turn, and one of the two is killed: what the other has, and what the
    /// dead one has let go of, is all that there was.
    @Test("Whichever of the two is killed, before whichever message, every deposit is in somebody's hands")
    func killed() async throws {
        let steps = Soak.count(9, full: 14)
        var isPutBack = false
        for step in 1...steps {
            for killsHere in [true, false] {
                let (here, there) = (try await DepositVault.start(), try await DepositVault.start())
                try await Self.fill(here, 3)
                guard let result = try await Self.transfer(here, there, stoppingAt: step, killsHere) else { continue }
                let gone = try await Self.confirmed(here)
                guard killsHere else {
                    // What had left comes back, but for what was said to be there.
                    let left = try await Self.names(here)
                    #expect(left.count == (result.status == .exited(0) ? 0 : 3), "step \(step): \(result.errorText)")
                    isPutBack = isPutBack || (!gone.isEmpty && left.count == 3)
                    continue
                }
                // What it had let go of, the other has.
                let moved = try await Self.names(there)
                #expect(gone.isSubset(of: moved), "step \(step): \(gone) \(moved) \(result.errorText)")
            }
        }
        #expect(isPutBack, "no step was between the first confirmation and the last look")
    }

    /// The names that a vault has let go of, by its log.
    private static func confirmed(_ daemon: Daemon) async throws -> Set<String> {
        if (try? daemon.pid) == nil { try await daemon.start() }
        let list = try await daemon.vault("audit", "list", "--type", "take.confirm", "--output", "jsonl")
        return Set(list.text.matches(of: /"capability":\{"name":"([^"]*)"/).map { String($0.1) })
    }

    /// - Returns: nil where the command has no so many messages.
    private static func transfer(
        _ here: Daemon, _ there: Daemon, stoppingAt step: Int, _ killsHere: Bool
    ) async throws -> CommandResult? {
        let trace = here.directory.path("trace")
        try here.directory.write("", to: "trace", mode: 0o666)
        let strace = try #require(Command.find("strace"), "strace is not installed")
        let vault = here.programs.appending("vault").string
        var command = here.client(
            FilePath(strace.string),
            [
                "-f", "-o", trace.string, "-e", "trace=sendmsg", "-e", "inject=sendmsg:signal=STOP:when=\(step)", vault,
                "transfer", "d/*", "--to", there.socket.string,
            ], uid: 4711)
        command.timeLimit = .seconds(30)
        async let result = command.run()
        var text = ""
        try await waitUntil("it is stopped, or done") {
            text = try here.directory.read("trace")
            return text.contains("stopped by SIGSTOP") || text.contains("+++ exited")
        }
        guard let stopped = text.firstMatch(of: /(?m)^([0-9]+) +--- stopped by SIGSTOP/), let pid = Int32(stopped.1)
        else {
            _ = try await result
            return nil
        }
        try await (killsHere ? here : there).crash()
        kill(pid, SIGCONT)
        return try await result
    }

    @Test("A dump is handed to a command with names and times, and restored elsewhere as a whole")
    func dump() async throws {
        let (here, there) = (try await DepositVault.start(), try await DepositVault.start())
        try await Self.fill(here, 4)
        let shown = try await here.vault(
            "dump", "d/*", "--", "/bin/sh", "-c", "echo $LISTEN_FDS $LISTEN_FDNAMES; echo $VAULT_DUMP; cat <&5",
            uid: 4711)
        #expect(
            shown.text.hasPrefix("4 own:d/n1:d/n2:d/n3\n[{\"name\":\"d/n0\",\"fd\":3,\"expiresUSec\":"), "\(shown.text)"
        )
        let vault = here.programs.appending("vault").string
        let restore = [vault, "restore", "--socket", there.socket.string]
        let done = try await here.vaultCommand(["dump", "--"] + restore, uid: 4711).run()
        #expect(done.status == .exited(0) && done.text == "holding 4 deposits\n", "\(done.errorText)")
        #expect(try await Self.names(there).count == 4)
        #expect(try await Self.names(here).count == 4)
        let twice = try await here.vaultCommand(["dump", "--"] + restore, uid: 4711).run()
        #expect(twice.status == .exited(1) && twice.errorText.contains("d/n0"), "\(twice.errorText)")
        let again = try await here.vaultCommand(["dump", "--"] + restore + ["--replace"], uid: 4711).run()
        #expect(again.status == .exited(0), "\(again.errorText)")
        let alone = try await there.vault("restore", uid: 4711)
        #expect(alone.status == .exited(2) && alone.errorText.contains("VAULT_DUMP"), "\(alone.errorText)")
    }
}
