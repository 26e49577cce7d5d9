// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization
import SystemPackage
import Testing
import VaultTestKit

/// A system with a systemd as PID 1 on which the vault was installed as the README says, and nothing else was done before
/// what ``untouched`` tells was seen. All tests of one suite of Debian use the same, one after another: each leaves the
/// service running.
final class Machine: Sendable {
    /// What an administrator finds who has done no more than the README says.
    struct Untouched: Sendable {
        /// The lines of the README, and what they said.
        let lines: String
        let installation: CommandResult
        let status: CommandResult
        let check: CommandResult
        /// A reload, a restart, a stop and a start.
        let life: [CommandResult]
        /// Everything of the service after all of that, and all that anybody had to warn of.
        let journal: String
        let warnings: String
    }

    let suite: DebianSuite
    let tree: FilePath
    let untouched: Untouched

    private static let script = Programs.checkout.appending("Tests/Machine/machine")
    private static let machines = Mutex<[DebianSuite: Task<Machine, any Error>]>([:])

    /// The machine of that suite, booted when it is first asked for, stopped at the end of this process. The test is
    /// skipped, visibly, where there is none.
    static func running(_ suite: DebianSuite) async throws -> Machine {
        guard let tree = suite.tree, let installed = DebianSuite.installed else {
            try Test.cancel("there is no tree of \(suite.rawValue) to boot")
        }
        let task = machines.withLock { machines in
            if let task = machines[suite] { return task }
            if machines.isEmpty { atexit { Machine.stopAll() } }
            let task = Task<Machine, any Error> { try await Machine(suite, tree, installed) }
            machines[suite] = task
            return task
        }
        do {
            return try await task.value
        } catch let lack as CannotRun {
            try Test.cancel("\(lack.description)")
        }
    }

    private static func stopAll() {
        for suite in machines.withLock({ Array($0.keys) }) {
            guard let tree = suite.tree else { continue }
            _ = try? Command(script, arguments: ["stop", tree.string]).runOnThread()
        }
    }

    private init(_ suite: DebianSuite, _ tree: FilePath, _ installed: FilePath) async throws {
        self.suite = suite
        self.tree = tree
        func run(_ arguments: [String]) async throws -> CommandResult {
            try await Command(Self.script, arguments: ["run", tree.string] + arguments).run()
        }
        let boot = try await Command(Self.script, arguments: ["boot", tree.string]).run()
        guard boot.status.isSuccess else { throw DaemonFailure(what: "no machine", log: boot.errorText) }
        let root = Self.root(of: tree)
        let copied = try await Command("cp", "-a", "\(installed)/.", root.appending("mnt").string).run()
        guard copied.status.isSuccess else { throw DaemonFailure(what: "no programs", log: copied.errorText) }
        // Built on a newer system they may ask for a newer C library.
        let trial = try await run(["/mnt/usr/local/bin/vault", "--version"])
        guard trial.status.isSuccess else { throw CannotRun(suite: suite, says: trial.errorText) }

        let readme = try String(decoding: await onThread { try Self.readme() }, as: UTF8.self)
        let lines = readme.split(separator: "\n## Install\n").last?.firstMatch(of: /```sh\n(?<code>(?s).*?)```/)?.code
        let code = String(lines ?? "false")
        // Whoever runs them is root already, and has built elsewhere.
        let words = #"sudo() { "$@"; }; make() { [ "$*" = install ] && cp -a /mnt/. /; };"#
        let installation = try await run(["bash", "-euxo", "pipefail", "-c", words + "\n" + code])
        let status = try await run(["vault", "status", "--output", "json"])
        let check = try await run(["vaultd", "--check"])
        var life: [CommandResult] = []
        for verb in ["reload", "restart", "stop", "start"] {
            life.append(try await run(["systemctl", verb, "vaultd.service"]))
        }
        let units = ["-u", "vaultd.service", "-u", "vaultd.socket", "-u", "vaultd-opener*"]
        untouched = Untouched(
            lines: code, installation: installation, status: status, check: check, life: life,
            journal: try await run(["journalctl", "--boot", "--no-pager"] + units).text,
            warnings: try await run(["journalctl", "--boot", "--no-pager", "--quiet", "-p", "warning"]).text)
        try await prepare()
    }

    private static func readme() throws -> [UInt8] {
        try OwnedDescriptor.open(Programs.checkout.appending("README.md")).readAll(limit: 1 << 24)
    }

    /// Its root directory, as seen from outside; not what is mounted below it (`/run`, `/tmp`, `/dev`).
    private static func root(of tree: FilePath) -> FilePath { FilePath("\(tree).run/root") }

    // MARK: Acting in it

    /// A command, run in it by its administrator.
    @discardableResult
    func run(_ command: String...) async throws -> CommandResult { try await self.command(command).run() }

    /// The same, and it must succeed.
    @discardableResult
    func succeed(_ command: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> CommandResult
    {
        let result = try await self.command(command).run()
        try #require(
            result.status.isSuccess, "\(command): \(result.status) \(result.text)\(result.errorText)\n\(journal())",
            sourceLocation: sourceLocation)
        return result
    }

    func command(_ command: [String]) -> Command { Command(Self.script, arguments: ["run", tree.string] + command) }

    /// Writes a file; its directories are made.
    func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
        let target = Self.root(of: tree).appending(path)
        var directory = Self.root(of: tree)
        for component in FilePath(path).removingLastComponent().components {
            directory.append(component)
            _ = directory.withPlatformString { mkdir($0, 0o755) }
        }
        let file = try OwnedDescriptor.open(target, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try file.writeAll(Array(text.utf8).span)
        guard target.withPlatformString({ chmod($0, mode_t(mode)) }) == 0 else { throw Errno(rawValue: errno) }
    }

    func read(_ path: String) throws -> String {
        let file = try OwnedDescriptor.open(Self.root(of: tree).appending(path))
        return String(decoding: try file.readAll(limit: 1 << 24), as: UTF8.self)
    }

    func remove(_ path: String) { removeTree(Self.root(of: tree).appending(path)) }

    /// A property of a unit, as `systemctl show` has it.
    func property(_ name: String, of unit: String = "vaultd.service") async throws -> String {
        let result = try await succeed("systemctl", "show", "--value", "--property", name, unit)
        return result.text.trimmed
    }

    /// Waits until a property of the service has another value than this.
    func waitForChange(
        of name: String, from old: String, unit: String = "vaultd.service", limit: Duration = .seconds(20)
    ) async throws -> String {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            let value = try await property(name, of: unit)
            if value != old { return value }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw DaemonFailure(what: "\(name) of \(unit) stayed \(old)", log: journal())
    }

    /// The last lines of the journal. It blocks: for the comments of what failed.
    func journal() -> String {
        (try? command(["journalctl", "--no-pager", "--boot", "-n", "60"]).runOnThread())?.text ?? "no journal"
    }

    /// `vault audit verify` with the log's own key, and with a checkpoint that was kept.
    func verifyLog(from checkpoint: String? = nil) async throws -> CommandResult {
        let key = "\(Self.files)/log.pub"
        try write(try await succeed("vault", "audit", "key").text, to: key)
        let from = checkpoint.map { ["--from", $0] } ?? []
        return try await command(["vault", "audit", "verify", "--key", key] + from).run()
    }

    /// Runs `body` while the service has further settings, for which it is started anew before and after.
    func withSettings(_ settings: String, _ body: () async throws -> Void) async throws {
        let path = "/etc/systemd/system/vaultd.service.d/tests.conf"
        func restart() async throws {
            try await succeed("systemctl", "daemon-reload")
            try await succeed("systemctl", "restart", "vaultd.service")
        }
        try write("[Service]\n\(settings)\n", to: path)
        let outcome: Result<Void, any Error>
        do {
            try await restart()
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        remove(path)
        try await restart()
        try outcome.get()
    }
}

/// The programs do not run there.
private struct CannotRun: Error, CustomStringConvertible {
    let suite: DebianSuite
    let says: String

    var description: String { "what was built here does not run on \(suite.rawValue): \(says)" }
}

extension String {
    /// Without blanks and ends of lines around it.
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
