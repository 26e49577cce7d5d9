// SPDX-License-Identifier: Apache-2.0

package import Descriptors
import Foundation
import Glibc
import Synchronization
package import SystemPackage

/// A private `vaultd`, as built or installed, in a directory of its own. It is killed, and the directory removed, when the last
/// reference goes.
package final class Daemon: Sendable {
    package struct Options: Sendable {
        /// File names in the policy directory, and what they hold. `@DIRECTORY@` stands for ``Daemon/directory``.
        package var policies: [String: String] = [:]
        /// `vaultd.yaml`, likewise; empty if nil, so that what is installed on this host has no say.
        package var configuration: String?
        package var arguments: [String] = []
        /// Let it look for its policies where it does by itself.
        package var namesNoPolicies = false
        /// `NAME=VALUE`, beside our own environment; with `@DIRECTORY@` likewise.
        package var environment: [String] = []
        /// Start the daemon as this user; else as ourselves.
        package var uid: UInt32?
        /// Who owns the directories of state and socket: the user of `run-as`.
        package var owner: UInt32?
        /// Files to write into ``Daemon/directory`` first, mode 0600.
        package var files: [String: String] = [:]
        /// A program, with arguments, that becomes the daemon, such as `unshare`; with `@DIRECTORY@` likewise.
        package var prefix: [String] = []
        package var readyLimit: Duration = .seconds(30)

        package init() {}
    }

    /// Everybody may enter it.
    package let directory: TemporaryDirectory
    package let programs: ProgramDirectories
    package let options: Options
    package let socket: FilePath
    package let state: FilePath
    package let policies: FilePath
    private let running = Mutex<RunningDaemon?>(nil)

    /// Prepares everything and starts nothing.
    package init(_ options: Options = Options()) async throws {
        programs = try await Programs.directory()
        directory = try TemporaryDirectory(mode: 0o755)
        self.options = options
        socket = directory.path("run/vault.sock")
        state = directory.path("state")
        policies = directory.path("policies")
        for (name, mode) in [("run", 0o755), ("state", 0o700), ("policies", 0o755)] {
            try makeDirectory(name, mode: mode_t(mode))
        }
        for (name, text) in options.files { try directory.write(text, to: name, mode: 0o600) }
        for (name, text) in options.policies { try writePolicy(text, to: name) }
        try directory.write(expand(options.configuration ?? ""), to: "vaultd.yaml", mode: 0o644)
        try directory.write("", to: "log", mode: 0o666)
    }

    /// Prepares it and waits until it is ready.
    package static func start(_ options: Options = Options()) async throws -> Daemon {
        let daemon = try await Daemon(options)
        try await daemon.start()
        return daemon
    }

    private func makeDirectory(_ name: String, mode: mode_t) throws {
        let path = directory.path(name)
        let owner = options.owner ?? options.uid ?? geteuid()
        let failed = path.withPlatformString { path in
            mkdir(path, mode) != 0 || chmod(path, mode) != 0 || chown(path, owner, owner) != 0
        }
        if failed { throw Errno(rawValue: errno) }
    }

    private func expand(_ text: String) -> String {
        text.split(separator: "@DIRECTORY@", omittingEmptySubsequences: false).joined(separator: directory.path.string)
    }

    /// Writes a file of the policy directory; the daemon sees it at its next start or reload.
    package func writePolicy(_ text: String, to name: String) throws {
        try directory.write(expand(text), to: "policies/\(name)", mode: 0o644)
    }

    /// The command that starts it, without `--ready-fd`.
    package var command: Command {
        var arguments = [
            "--socket", socket.string, "--state", state.string, "--config", directory.path("vaultd.yaml").string,
        ]
        if !options.namesNoPolicies { arguments += ["--policies", policies.string] }
        var command = Command(programs.appending("vaultd"), arguments: arguments + options.arguments)
        if let program = options.prefix.first {
            let arguments = options.prefix.dropFirst().map(expand) + [command.path.string] + command.arguments
            command = Command(program, arguments: Array(arguments))
        }
        command.environment = ChildProcess.currentEnvironment + options.environment.map(expand)
        return options.uid.map { command.asUser(uid: $0) } ?? command
    }

    /// Starts it, with further arguments and under a command that becomes the daemon where they are given, and waits until it says that it is ready.
    /// - Throws: `DaemonFailure` with its log when it ends first or the limit passes.
    package func start(adding arguments: [String] = [], under tracer: [String] = []) async throws {
        let started = try await spawn(adding: arguments, under: tracer)
        running.withLock { $0 = started }
    }

    /// Starts another one that takes over (`--takeover`), and waits until it is ready and the former has ended.
    /// - Returns: how that has ended.
    /// - Throws: where the other does not get ready: the former is still this daemon's process then.
    package func takeOver(
        adding arguments: [String] = [], under tracer: [String] = []
    ) async throws -> ExitStatus {
        let started = try await spawn(adding: arguments + ["--takeover"], under: tracer)
        let former = running.withLock { running in
            defer { running = started }
            return running
        }
        guard let former else { throw DaemonFailure(what: "nobody was there to take over from", log: log) }
        return try await onThread { try former.waitForEnd(limit: .seconds(20)) }
    }

    /// Whether it is known to have ended.
    package var hasEnded: Bool {
        get throws { try !ProcessDescriptor.isAlive(try current().child.pidfd) }
    }

    private func spawn(adding arguments: [String], under tracer: [String]) async throws -> RunningDaemon {
        try await onThread { [self] in
            let ready = try OwnedDescriptor.pipe()
            let log = HeldDescriptor(
                try OwnedDescriptor.open(directory.path("log"), flags: O_WRONLY | O_APPEND))
            var command = self.command
            command.arguments += arguments + ["--ready-fd", "3"]
            if let program = tracer.first {
                command.arguments = Array(tracer.dropFirst()) + [command.path.string] + command.arguments
                command.path = FilePath(program)
            }
            let daemon = RunningDaemon(
                try ChildProcess.spawn(
                    command.path, arguments: [command.path.string] + command.arguments,
                    environment: command.environment,
                    passing: [(HeldDescriptor(ready.writer), 3), (log, 1), (log, 2)]))
            let reader = ready.reader
            try? waitOnThread(on: reader, what: "vaultd to be ready", limit: options.readyLimit)
            guard try !Readiness.current(for: .readable, on: reader).isEmpty,
                try reader.readPrefix(1) == [UInt8(ascii: "\n")]
            else {
                // It closes that on its way to the end, where it says why.
                if try !Readiness.current(for: .readable, on: reader).isEmpty {
                    _ = try? daemon.waitForEnd(limit: .seconds(10))
                }
                throw DaemonFailure(what: "vaultd did not get ready", log: self.log)
            }
            return daemon
        }
    }

    /// What it has written to standard output and error since the first start.
    package var log: String { (try? directory.read("log")) ?? "" }

    private func current() throws -> RunningDaemon {
        guard let daemon = running.withLock({ $0 }) else {
            throw DaemonFailure(what: "vaultd is not running", log: log)
        }
        return daemon
    }

    package var pid: Int32 {
        get throws { try current().child.pid }
    }

    package func signal(_ number: CInt) throws {
        try current().child.signal(number)
    }

    /// Stops it with `SIGSTOP`, and waits until each of its threads has stopped: until then it may still do something.
    package func halt() async throws {
        try signal(SIGSTOP)
        let tasks = "/proc/\(try pid)/task"
        try await waitUntil("all threads have stopped") {
            try FileManager.default.contentsOfDirectory(atPath: tasks).allSatisfy { task in
                let status = try? String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)
                return status?.contains("State:\tT") ?? true
            }
        }
    }

    /// Sends a signal and waits for the end.
    @discardableResult
    package func end(with signal: CInt, limit: Duration = .seconds(20)) async throws -> ExitStatus {
        let daemon = try current()
        running.withLock { $0 = nil }
        try daemon.child.signal(signal)
        return try await onThread { try daemon.waitForEnd(limit: limit) }
    }

    /// SIGTERM: what is in flight is finished.
    @discardableResult
    package func terminate() async throws -> ExitStatus { try await end(with: SIGTERM) }

    /// SIGKILL: as after a crash.
    package func crash() async throws { try await end(with: SIGKILL) }

    /// How many descriptors it has open.
    package var descriptorCount: Int {
        get throws { openDescriptorCount(pid: try pid) }
    }

    /// `vault ARGUMENTS…` against this daemon.
    package func vault(_ arguments: String..., uid: UInt32? = nil) async throws -> CommandResult {
        try await vaultCommand(arguments, uid: uid).run()
    }

    package func vaultCommand(_ arguments: [String], uid: UInt32? = nil) -> Command {
        client(programs.appending("vault"), arguments, uid: uid)
    }

    /// Some program with `VAULT_SOCKET` set to this daemon's, as us or as another user.
    package func client(_ program: FilePath, _ arguments: [String], uid: UInt32? = nil) -> Command {
        var command = Command(program, arguments: arguments)
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        command.environment =
            ChildProcess.currentEnvironment.filter { !$0.hasPrefix("PATH=") }
            + ["VAULT_SOCKET=\(socket)", "PATH=\(programs):\(path)", "NO_COLOR=1"]
        return uid.map { command.asUser(uid: $0) } ?? command
    }
}

/// The process; killed and reaped when nobody refers to it any more, and at the end of the tests in any case.
private final class RunningDaemon: Sendable {
    let child: ChildProcess

    /// Descriptors of those that run. A thread that has just ended may still hold the last reference to one when the
    /// process of the tests ends.
    private static let all = Mutex<[Int32: HeldDescriptor]?>(nil)

    init(_ child: consuming ChildProcess) {
        self.child = child
        let (pid, pidfd) = (self.child.pid, self.child.pidfd)
        Self.all.withLock { all in
            if all == nil { atexit { RunningDaemon.killAll() } }
            all = (all ?? [:]).merging([pid: pidfd]) { $1 }
        }
    }

    private static func killAll() {
        all.withLock { all in
            for pidfd in (all ?? [:]).values { try? ProcessDescriptor.signal(pidfd, SIGKILL) }
        }
    }

    func waitForEnd(limit: Duration) throws -> ExitStatus {
        var status: ExitStatus?
        try waitOnThread(until: "vaultd \(child.pid) to end", limit: limit) {
            status = try child.reap()
            return status != nil
        }
        // The wait ends only with a status.
        return status!
    }

    deinit {
        let pid = child.pid
        Self.all.withLock { $0?[pid] = nil }
        // Somebody may have waited for it already: then there is nothing to signal or to reap.
        try? child.signal(SIGKILL)
        _ = try? child.wait()
    }
}

/// The daemon did not do what it was to do; with what it wrote.
package struct DaemonFailure: Error, CustomStringConvertible {
    package let what: String
    package let log: String

    package init(what: String, log: String) {
        self.what = what
        self.log = log
    }

    package var description: String { "\(what); its log:\n\(log)" }
}
