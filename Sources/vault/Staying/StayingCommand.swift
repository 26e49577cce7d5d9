// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit
import VaultInterface

/// `exec --on-renew`: the process stays, as the parent of the command.
struct StayingCommand: Sendable {
    /// A capability that the command opens by a path.
    struct Path: Sendable {
        enum Use: Sendable {
            case variable(String)
            /// In the arguments, in braces.
            case word(String)
            case link(String)
        }

        let request: BrokerInterface.Request
        let option: String
        let use: Use
    }

    let call: ExecCall
    let onRenew: OnRenew
    let paths: [Path]
    /// Every name that was asked for.
    let names: Set<String>

    init(_ call: ExecCall, _ onRenew: OnRenew) throws {
        self.call = call
        self.onRenew = onRenew
        func path(_ argument: PassArgument, _ option: String, _ use: Path.Use) -> Path {
            Path(request: .init(name: argument.name, rights: argument.rights), option: option, use: use)
        }
        paths =
            call.variables.filter { $0.value == .path }.map { path($0.capability, $0.option, .variable($0.variable)) }
            + call.arg.map { path($0, "--arg \($0.word)", .word($0.word)) }
            + call.links.map { path($0.capability, "--link \($0.path)", .link($0.path)) }
        let plan = try call.makePlan()
        names = Set(plan.requests.map(\.name) + paths.map(\.request.name))
        guard !call.command.isEmpty else {
            throw Failure(
                .beforeCommand, "which command?", next: "vault exec --on-renew HUP --env FILE=NAME -- COMMAND")
        }
        try call.check(plan)
        guard !names.isEmpty else {
            throw Failure(
                .beforeCommand, "--on-renew: nothing is asked for that could be renewed",
                next: "--env FILE=NAME beside it")
        }
        guard onRenew == .exec || !paths.isEmpty else {
            throw Failure(
                .beforeCommand, "--on-renew: nothing has a path, and what has a number stays what it was",
                next: "--env, --arg or --link; or --on-renew exec, which runs the command anew")
        }
    }

    /// Whether the command needs descriptors at numbers, or contents, which this program brings to it in a process of its own
    /// that becomes the command.
    private var needsExec: Bool {
        !call.pass.isEmpty || call.stdin != nil || call.stdout != nil || call.stderr != nil || !call.fd.isEmpty
            || call.variables.contains { $0.value != .path }
    }

    /// - Returns: does not, but for what went wrong before the command ran.
    func run() throws {
        var mask = sigset_t()
        pthread_sigmask(SIG_SETMASK, nil, &mask)
        if !Self.saysWhatIsLogged { setenv(Self.dispatchLog, "NO", 1) }
        let parent: StayingParent
        do throws(Errno) {
            // Before there is a second thread.
            try Signals.block(StayingParent.signals)
            parent = try StayingParent(self, mask: mask)
        } catch {
            throw Failure(.beforeCommand, "--on-renew: \(error.description)", next: "a higher limit: ulimit -n")
        }
        Task.detached { await parent.begin() }
        parent.loop.run()
        switch parent.outcome {
        case .failure(let failure)?: throw failure
        case .success(let status)?: Self.end(as: status)
        case nil: preconditionFailure("the loop ends when the command has")
        }
    }

    /// libdispatch would log that an ordinary user may not give its threads priorities. It reads this when the first of them starts,
    /// which is before the command does: that gets the variable only where somebody had set it.
    private static let dispatchLog = "LIBDISPATCH_LOG"
    private static let saysWhatIsLogged = getenv(dispatchLog) != nil

    /// Ends as the command has.
    private static func end(as status: ExitStatus) -> Never {
        switch status {
        case .exited(let code): exit(code)
        case .killed(let signal, _):
            // The command has dumped its core already.
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            limit.rlim_cur = 0
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            Glibc.signal(signal, SIG_DFL)
            var set = sigset_t()
            sigemptyset(&set)
            sigaddset(&set, signal)
            kill(getpid(), signal)
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
            exit(128 + signal)
        }
    }

    // MARK: Starting it

    /// Starts the command.
    /// - Parameters:
    ///   - words: texts for words in its arguments.
    ///   - mask: the signals that are blocked in it.
    func start(_ words: [(word: String, text: String)], mask: sigset_t) throws(Failure) -> Int32 {
        let program = call.command[0]
        if !Self.saysWhatIsLogged { unsetenv(Self.dispatchLog) }
        var launch = CommandLaunch(program: program, argumentCount: call.command.count)
        launch.words = words
        let command = launch.arguments()
        guard needsExec else {
            CommandLaunch.forgetListening()
            return try Self.spawn(program, command, mask: mask)
        }
        let front = ownArguments
        let count = front.count + call.command.count
        let arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count + 1)
        defer { arguments.deallocate() }
        for (index, argument) in front.enumerated() { arguments[index] = argument }
        for index in 0..<call.command.count { arguments[front.count + index] = command[index] }
        arguments[count] = nil
        return try Self.spawn("/proc/self/exe", arguments, mask: mask)
    }

    /// The words of our own command line up to `--`, without what the parent does.
    private var ownArguments: [UnsafeMutablePointer<CChar>?] {
        let mine: Set = ["--on-renew", "--env", "--arg", "--link"]
        let end = Int(CommandLine.argc) - call.command.count
        var kept: [UnsafeMutablePointer<CChar>?] = []
        var isValue = false
        for index in 0..<end {
            guard let word = CommandLine.unsafeArgv[index] else { continue }
            if isValue {
                isValue = false
                continue
            }
            let text = String(cString: word)
            if text == "--notify" { continue }
            guard mine.contains(String(text.split(at: "=", maxSplits: 1, omittingEmpty: false)[0])) else {
                kept.append(word)
                continue
            }
            isValue = !text.utf8.contains(UInt8(ascii: "="))
        }
        return kept
    }

    private static func spawn(
        _ program: String, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, mask: sigset_t
    ) throws(Failure) -> Int32 {
        var attributes = posix_spawnattr_t()
        var mask = mask
        var pid: pid_t = 0
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let environment = UnsafeMutablePointer(mutating: linux_environment())
        let error = posix_spawnp(&pid, program, nil, &attributes, arguments, environment)
        guard error == 0 else { throw CommandLaunch.failure(program, Errno(rawValue: error)) }
        return pid
    }
}
