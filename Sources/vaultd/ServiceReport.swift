// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization
import TerminalKit
import VaultBroker

/// What the service manager is told while the daemon runs: that it is ready, how it does, and that its loop turns.
final class ServiceReport: Sendable {
    private let notifier: ServiceNotifier
    private let broker: Broker
    private let loop: EventLoop
    /// Between two signs of life; nil if the manager does not want them.
    private let watchdog: Duration?
    private let lastStatus = Mutex("")

    /// How often the state is told where nobody wants signs of life.
    private static let usualPause: Duration = .seconds(10)

    /// On the loop's thread.
    init(_ notifier: ServiceNotifier, _ broker: Broker, _ loop: EventLoop) {
        self.notifier = notifier
        self.broker = broker
        self.loop = loop
        watchdog = Self.watchdogPause
        beatLater()
    }

    /// Half of what `WATCHDOG_USEC` says, if it is meant for this process.
    static var watchdogPause: Duration? {
        if let pid = Environment["WATCHDOG_PID"], Int32(pid) != getpid() { return nil }
        guard let text = Environment["WATCHDOG_USEC"], let limit = Int64(text), limit > 0 else { return nil }
        return .microseconds(max(1, limit / 2))
    }

    /// After the start, and after each reload.
    func ready() async {
        let status = await broker.summary()
        lastStatus.withLock { $0 = status }
        try? notifier.ready(status: status)
    }

    func reloading() { try? notifier.reloading() }

    func stopping() { try? notifier.stopping() }

    private func beatLater() {
        let pause = min(watchdog ?? Self.usualPause, Self.usualPause)
        _ = loop.timer(after: pause) { [self] in beat() }
    }

    /// On the loop, whose turning is what a sign of life says. The state is found out apart from that.
    private func beat() {
        if watchdog != nil { try? notifier.watchdog() }
        Task.detached { [self] in
            let status = await broker.summary()
            let isNew = lastStatus.withLock { last in
                // Before the first, the daemon is not ready.
                guard !last.isEmpty, last != status else { return false }
                last = status
                return true
            }
            if isNew { try? notifier.status(status) }
        }
        beatLater()
    }
}

/// Tells whoever started the daemon that it is ready: a newline on the descriptor that was named, which is then closed.
final class ReadySignal: Sendable {
    private let descriptor: Mutex<HeldDescriptor?>

    /// Takes over the descriptor of `--ready-fd`.
    /// - Throws: for a number that nobody left open for this process: it is, or would become, one of its own.
    init(_ number: CInt) throws(StartFailure) {
        let flags = number > STDERR_FILENO ? fcntl(number, F_GETFD) : -1
        guard flags >= 0, flags & FD_CLOEXEC == 0, fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else {
            throw StartFailure(
                message: "--ready-fd \(number): no descriptor of that number was left open for vaultd",
                remedy: "a number from 3 on that is open, as in vaultd --ready-fd 3 3>ready", isUsage: true)
        }
        descriptor = Mutex(HeldDescriptor(OwnedDescriptor(adopting: number)))
    }

    func signal() {
        let taken = descriptor.withLock { held in
            defer { held = nil }
            return held
        }
        // Whoever asked for it and went away does not want to know any more.
        if let taken { _ = taken.withUnsafeNumber { write($0, "\n", 1) } }
    }
}
