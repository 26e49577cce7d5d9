// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization
import SystemPackage
import TerminalKit
import VaultClient
import VaultInterface

/// The parent of a command that stays: it holds what the command opens by paths, watches the names, passes signals on, and ends as
/// the command does.
///
/// It lives on the event loop of the main thread; what waits for the broker has threads of its own, so that a broker that is gone or
/// slow holds up no signal.
actor StayingParent {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Those that go on to the command.
    private static let passedOn: [CInt] = [
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM, SIGURG, SIGIO, SIGCONT,
    ]
    static let signals = passedOn + [SIGCHLD]
    /// So long it must have been quiet before what was renewed is asked for, and so long is waited for that at most: certificates
    /// and their keys come one after the other.
    private static let quiet = Duration.milliseconds(300)
    private static let patience = Duration.seconds(3)
    /// How long a command has to end that is to be run anew.
    private static let stopLimit = Duration.seconds(90)
    private static let retry = Duration.seconds(5)

    private let command: StayingCommand
    private let mask: sigset_t
    private let watching = WatchedNames()
    private let asking = WorkThread(name: "vault-ask")

    private var held: [HeldPath] = []
    private var words: [(word: String, text: String)] = []
    private var links: [HeldLink] = []
    private var relay: NotifyRelay?
    private var pid: Int32 = 0
    /// The command has been told to end, so that it can be run anew.
    private var isRestarting = false
    /// Somebody else has told it to end.
    private var isStopping = false
    /// Somebody has interrupted it, which it may survive.
    private var isInterrupted = false
    private var runsAnew: Bool { isRestarting && !isStopping && !isInterrupted }
    /// What has happened to names, and is still to be looked at: whether it is known to be a renewal.
    private var due: [String: Bool] = [:]
    private var dueSince: BootTime?
    private var dueTimer: TimerToken?
    private var isAsking = false
    /// What no rule permits to watch any more.
    private var unwatched: Set<String> = []
    /// Why a name could not be had, as it was said.
    private var failures: [String: String] = [:]
    private let end = Mutex<Result<ExitStatus, Failure>?>(nil)

    init(_ command: StayingCommand, mask: sigset_t) throws(Errno) {
        self.command = command
        self.mask = mask
        loop = try EventLoop()
    }

    nonisolated var outcome: Result<ExitStatus, Failure>? { end.withLock { $0 } }

    private func finish(_ result: Result<ExitStatus, Failure>) {
        for link in links { link.remove() }
        end.withLock { $0 = result }
        loop.stop()
    }

    // MARK: - Start

    /// Asks for everything, and runs the command.
    func begin() async {
        do {
            // First: who waits for a broker that does not answer can end that.
            try watchSignals()
            let (command, watching) = (self.command, self.watching)
            let opened = try await asking.run { () throws(Failure) in try Self.openAll(command, watching) }
            guard outcome == nil else { return }
            try prepare(opened)
            try startCommand()
        } catch let failure as Failure {
            return finish(.failure(Failure(Self.status(failure), failure.message, next: failure.next)))
        } catch {
            return finish(.failure(Failure(.beforeCommand, "\(error)", next: "")))
        }
        watching.follow(command.call.broker) { [weak self] in Task { await self?.heard() } }
    }

    private static func status(_ failure: Failure) -> Failure.Status {
        [.noCommand, .cannotRun].contains(failure.status) ? failure.status : .beforeCommand
    }

    /// Asks for everything, for as long as the broker takes.
    private static func openAll(_ command: StayingCommand, _ watching: WatchedNames) throws(Failure) -> [Opened] {
        let connection = try BrokerConnection(command.call.broker)
        for name in command.names.sorted() {
            let reply = try connection.call(BrokerInterface.Describe.self, .init(name: name))
            guard reply.mayWatch == true else {
                throw Failure(
                    .beforeCommand, "--on-renew: no rule lets this user watch \(name)",
                    next: "permit: [open, watch] in the rule that permits to open it")
            }
        }
        // From here on nothing is missed.
        try watching.begin(command.call.broker)
        return try open(command.paths.map(\.request), command.call, on: connection)
    }

    private func prepare(_ opened: [Opened]) throws {
        for (path, opened) in zip(command.paths, opened) {
            let held = try HeldPath(path.request, path.option, opened.descriptor, lease: opened.lease)
            self.held.append(held)
            switch path.use {
            case .variable(let name): setenv(name, held.path, 1)
            case .word(let word): words.append((word, held.path))
            case .link(let path): links.append(try HeldLink(path, to: held.path))
            }
        }
        guard command.call.notify else { return }
        relay = try Failure.system("--notify", next: "without --notify") { () throws(Errno) in try NotifyRelay() }
        guard let socket = relay?.socket else {
            throw Failure(
                .beforeCommand, "--notify: there is no NOTIFY_SOCKET",
                next: "without --notify; or Type=notify in the unit")
        }
        _ = try Failure.system("--notify", next: "without --notify") { () throws(Errno) in
            try loop.watch(socket, for: .readable) { [self] _ in assumeIsolated { $0.passOn() } }
        }
    }

    private func passOn() {
        while relay?.passOn(of: pid, isRestarting: runsAnew) == true {}
    }

    private func watchSignals() throws(Failure) {
        try Failure.system("signals", next: "a higher limit: ulimit -n") { () throws(Errno) in
            _ = try loop.signals(Self.signals) { signal in self.assumeIsolated { $0.received(signal) } }
        }
    }

    private func startCommand() throws(Failure) {
        pid = try command.start(words, mask: mask)
    }

    // MARK: - Signals

    private func received(_ info: SignalInfo) {
        guard info.signal != SIGCHLD else { return reap() }
        let isTerminals = info.code == Self.fromKernel
        switch info.signal {
        case SIGTERM: isStopping = true
        case SIGHUP where isTerminals: isStopping = true
        case SIGINT, SIGQUIT: isInterrupted = true
        default: break
        }
        if pid == 0, outcome == nil, [SIGHUP, SIGINT, SIGQUIT, SIGTERM].contains(info.signal) {
            // It does not run yet.
            return finish(.success(.killed(signal: info.signal, dumpedCore: false)))
        }
        // What a terminal sends, it sends to the whole group; but that it is gone, only to the one who leads the session.
        guard !isTerminals || info.signal == SIGHUP else { return }
        send(info.signal)
    }

    private static let fromKernel: CInt = 0x80

    private func send(_ signal: CInt) {
        guard pid > 0 else { return }
        kill(pid, signal)
    }

    /// All that has ended: where this is a container's first process, others' children too.
    private func reap() {
        var status: CInt = 0
        while true {
            let ended = waitpid(-1, &status, WNOHANG)
            guard ended > 0 else { return }
            guard ended == pid else { continue }
            let result: ExitStatus =
                status & 0x7F == 0
                ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F, dumpedCore: status & 0x80 != 0)
            commandEnded(result)
        }
    }

    private func commandEnded(_ status: ExitStatus) {
        // What it said last was said of this end.
        passOn()
        pid = 0
        guard runsAnew else { return finish(.success(status)) }
        isRestarting = false
        do throws(Failure) {
            try startCommand()
        } catch {
            finish(.failure(error))
        }
    }

    // MARK: - What becomes of the names

    /// Something has come from the broker.
    private func heard() {
        let (events, isNew, mayHaveChanged) = watching.take()
        if mayHaveChanged { Task { await lookWhatIsWatched() } }
        // While nobody listened anything may have happened; what it was is seen by comparing.
        if isNew { for name in command.names { note(name, isRenewal: false) } }
        for event in events where command.names.contains(event.name) {
            switch (event.type, event.lease) {
            case ("renewed", nil): note(event.name, isRenewal: true)
            case ("renewed", _?): break
            case (_, let lease?): if held.contains(where: { $0.lease == lease }) { note(event.name, isRenewal: false) }
            case (_, nil): note(event.name, isRenewal: false)
            }
        }
    }

    /// Of what may not be watched any more nobody tells what becomes of it, not even that it was revoked with that. So it is asked for
    /// at once; and once more when it may be watched again, since it may have been renewed meanwhile.
    private func lookWhatIsWatched() async {
        let call = command.call
        let names = command.names.sorted()
        let answers = await asking.run { Self.areWatched(names, call) }
        for (name, answer) in zip(names, answers) {
            guard let isWatched = answer else { continue }
            if isWatched {
                guard unwatched.remove(name) != nil else { continue }
                say("\(name) may be watched again")
            } else {
                guard unwatched.insert(name).inserted else { continue }
                say("no rule lets this user watch \(name) any more: until one does, its renewals are not heard of")
            }
            note(name, isRenewal: false)
        }
    }

    private func note(_ name: String, isRenewal: Bool, after pause: Duration = StayingParent.quiet) {
        due[name] = isRenewal || due[name] == true
        let since = dueSince ?? .now
        dueSince = since
        if let dueTimer { loop.cancel(dueTimer) }
        let latest = since.advanced(by: max(Self.patience, pause))
        dueTimer = loop.timer(at: min(BootTime.now.advanced(by: pause), latest)) { [self] in
            assumeIsolated { parent in
                parent.dueTimer = nil
                parent.dueSince = nil
                Task { await parent.askAgain() }
            }
        }
    }

    private func askAgain() async {
        guard !isAsking, !due.isEmpty else { return }
        isAsking = true
        let names = due
        due = [:]
        let call = command.call
        let asked = held.filter { names[$0.name] != nil }
        let requests = asked.map(\.request)
        let answers = await asking.run { requests.map { Self.ask($0, call) } }
        isAsking = false
        var isRenewed = false
        for (held, answer) in zip(asked, answers) where take(answer, held, isRenewal: names[held.name] == true) {
            isRenewed = true
        }
        for (name, isRenewal) in names where isRenewal && !held.contains(where: { $0.name == name }) {
            isRenewed = isRenewed || isNumberRenewed(name)
        }
        if isRenewed { act() }
        // What came meanwhile.
        if !due.isEmpty, dueTimer == nil { await askAgain() }
    }

    /// - Returns: whether the command has to be told.
    private func take(_ answer: Answer, _ held: HeldPath, isRenewal: Bool) -> Bool {
        switch answer {
        case .got(let opened):
            let isSame = held.isSame(as: opened.descriptor)
            let former = held.lease
            do throws(Errno) {
                try held.exchange(opened.descriptor, lease: opened.lease)
            } catch {
                say("\(held.name): \(error.description); what was there before stays")
                return false
            }
            failures[held.name] = nil
            if let former { giveBack(former) }
            return isRenewal || !isSame
        case .refused(let text):
            guard held.isThere else { return false }
            try? held.takeAway()
            say("\(text); its path cannot be opened any more")
            return false
        case .failed(let text):
            if failures.updateValue(text, forKey: held.name) != text {
                say("\(text); what was there before stays, and it is tried again")
            }
            note(held.name, isRenewal: isRenewal, after: Self.retry)
            return false
        }
    }

    /// What it was for is closed. Where that cannot be said, it ends by its time.
    private func giveBack(_ lease: String) {
        let location = command.call.broker
        Task {
            await asking.run {
                let connection = try? BrokerConnection(location, timeLimit: .seconds(30))
                _ = try? connection?.call(BrokerInterface.Release.self, .init(lease: lease))
            }
        }
    }

    /// What has a number in the command cannot be exchanged.
    private func isNumberRenewed(_ name: String) -> Bool {
        if command.onRenew == .exec { return true }
        say("\(name) was renewed; the command has what was before, by a number")
        return false
    }

    private func act() {
        switch command.onRenew {
        case .signal(let signal): send(signal)
        case .exec:
            guard pid > 0, !isRestarting, !isStopping else { return }
            isRestarting = true
            // It has survived that.
            isInterrupted = false
            send(SIGTERM)
            let started = pid
            _ = loop.timer(after: Self.stopLimit) { [self] in
                assumeIsolated { parent in
                    if parent.isRestarting, parent.pid == started { parent.send(SIGKILL) }
                }
            }
        }
    }

    private func say(_ text: String) { StandardOutput.writeError("vault: exec: \(text.escaped)\n") }

    // MARK: - Asking

    private struct Opened: Sendable {
        let descriptor: HeldDescriptor
        let lease: String?
    }

    private enum Answer: Sendable {
        case got(Opened)
        /// It is not permitted, or there is no such thing.
        case refused(String)
        case failed(String)
    }

    private static func open(
        _ requests: [BrokerInterface.Request], _ call: ExecCall, on connection: BrokerConnection
    ) throws(Failure) -> [Opened] {
        guard !requests.isEmpty else { return [] }
        let opened = try connection.open(requests, reason: call.reason)
        let grants = opened.grants
        var descriptors = opened.takeDescriptors()
        var all: [Opened] = []
        while let descriptor = descriptors.popLast() {
            let grant = grants[descriptors.count]
            all.insert(Opened(descriptor: HeldDescriptor(descriptor), lease: grant.lease?.id), at: 0)
        }
        return all
    }

    /// Whether they may be watched, of as many as the broker said it of.
    private static func areWatched(_ names: [String], _ call: ExecCall) -> [Bool?] {
        guard let connection = try? BrokerConnection(call.broker, timeLimit: .seconds(30)) else { return [] }
        return names.map { name in
            (try? connection.call(BrokerInterface.CanI.self, .init(action: "watch", name: name)))?.permitted
        }
    }

    private static func ask(_ request: BrokerInterface.Request, _ call: ExecCall) -> Answer {
        do throws(VaultError) {
            let connection = try VaultConnection(call.broker, timeLimit: .seconds(30))
            var opened: Opened?
            try connection.callOpen(.init(requests: [request], reason: call.reason)).giveAway { grant, descriptor in
                opened = Opened(descriptor: HeldDescriptor(descriptor), lease: grant.lease?.id)
            }
            return opened.map { .got($0) } ?? .failed("\(request.name): nothing came")
        } catch {
            let text = Failure(error, calling: BrokerInterface.Open.method).message
            switch error {
            // Without a time after which it would be permitted.
            case .denied(_, _, _, nil), .notFound: return .refused(text)
            default: return .failed("\(request.name): \(text)")
            }
        }
    }
}
