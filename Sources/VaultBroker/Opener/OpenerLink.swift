// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Logging
import SystemPackage

/// The way to the opener: to one that this process has started, which is there once; or to the service manager's, which
/// starts another whenever it is connected to.
///
/// Proof of `@unchecked Sendable`: it is made on the loop's thread, where alone its clients can be made and asked, and
/// what is private is called only by them and by timers of that loop.
final class OpenerLink: @unchecked Sendable {
    private let loop: EventLoop
    private let timeLimit: Duration
    private let log: Logger
    /// Where to connect; nil for an opener that was started.
    private let path: FilePath?
    private(set) var client: OpenerClient
    /// Called on the loop's thread whenever an opener is there again, after the first.
    var onReturn: () -> Void = {}

    private var isMissed = false
    private var pause = OpenerLink.firstPause
    private var arrival: BootTime?

    private static let firstPause: Duration = .milliseconds(100)
    private static let longestPause: Duration = .seconds(10)

    init(_ source: consuming OpenerSource, loop: EventLoop, timeLimit: Duration, log: Logger) throws(Errno) {
        self.loop = loop
        self.timeLimit = timeLimit
        self.log = log
        switch consume source {
        case .process(let process):
            path = nil
            client = try OpenerClient(process, loop: loop, timeLimit: timeLimit) { status in
                let how = status.map { "\($0)" } ?? "unknown"
                log.critical("the opener is gone (\(how)): what is held is served, nothing can be opened")
            }
        case .service(let path):
            self.path = path
            client = OpenerClient(disconnectedOn: loop)
            connect()
        }
    }

    /// What is wrong, and what to do about it; nil if nothing is.
    var problem: StatusProblem? {
        guard let path else {
            guard !client.isAlive else { return nil }
            return StatusProblem(
                "the opener is gone: what is held is served, nothing new can be opened",
                remedy: "start the broker again; its log says why the opener ended")
        }
        // One that is about to come is not missed.
        guard isMissed else { return nil }
        return StatusProblem(
            "there is no opener at \(path): what is held is served, nothing new can be opened",
            remedy:
                "systemctl status vaultd-opener.socket 'vaultd-opener@*', says why; it is tried again by itself"
        )
    }

    private func connect() {
        guard let path else { return }
        do throws(Errno) {
            client = try OpenerClient(
                connected: try OpenerSource.connect(to: path), loop: loop, timeLimit: timeLimit,
                onArrival: { [weak self] in self?.arrived() },
                onDeath: { [weak self] _ in self?.lost("it has ended") })
        } catch {
            lost("\(error)")
        }
    }

    private func arrived() {
        arrival = .now
        guard isMissed else { return }
        isMissed = false
        log.notice("the opener is there again")
        onReturn()
    }

    private func lost(_ why: String) {
        if !isMissed {
            log.critical(
                "there is no opener: what is held is served, nothing can be opened until there is one",
                metadata: ["why": "\(why)", "socket": "\(path?.string ?? "")"])
        }
        isMissed = true
        // One that ends as soon as it has begun is not asked for again and again without a pause.
        if let arrival, BootTime.now >= arrival.advanced(by: Self.longestPause) { pause = Self.firstPause }
        arrival = nil
        _ = loop.timer(after: pause) { [weak self] in self?.connect() }
        pause = min(pause * 2, Self.longestPause)
    }
}
