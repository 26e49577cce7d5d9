// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization
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
    init(_ notifier: ServiceNotifier, _ broker: Broker, _ loop: EventLoop, _ environment: Environment) {
        self.notifier = notifier
        self.broker = broker
        self.loop = loop
        watchdog = Self.watchdogPause(environment)
        beatLater()
    }

    /// Half of what `WATCHDOG_USEC` says, if it is meant for this process.
    static func watchdogPause(_ environment: Environment) -> Duration? {
        if let pid = environment["WATCHDOG_PID"], Int32(pid) != getpid() { return nil }
        guard let text = environment["WATCHDOG_USEC"], let limit = Int64(text), limit > 0 else { return nil }
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
