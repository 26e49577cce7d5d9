// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Logging
import SystemPackage

/// The way to the opener: to one that this process has started, and starts again where it has the rights to; or to the
/// service manager's, which starts another whenever it is connected to.
///
/// Proof of `@unchecked Sendable`: it is made on the loop's thread, where alone its clients can be made and asked, and
/// what is private is called only by them and by timers of that loop.
final class OpenerLink: @unchecked Sendable {
    private enum Origin {
        case process(again: OpenerSource.Start?)
        case service(FilePath)
    }

    private let loop: EventLoop
    private let timeLimit: Duration
    private let log: Logger
    private let origin: Origin
    private(set) var client: OpenerClient
    /// Called on the loop's thread whenever an opener is there again, after the first.
    var onReturn: () -> Void = {}
    /// Called on the loop's thread when the opener has gone and none can come in its place; at once if that is so.
    var onLoss: () -> Void = {} {
        didSet { if case .process(again: nil) = origin, isMissed { onLoss() } }
    }

    private var isMissed = false
    private var pause = OpenerLink.firstPause
    private var arrival: BootTime?

    private static let firstPause: Duration = .milliseconds(100)
    private static let longestPause: Duration = .seconds(10)

    init(_ source: consuming OpenerSource, loop: EventLoop, timeLimit: Duration, log: Logger) throws(Errno) {
        self.loop = loop
        self.timeLimit = timeLimit
        self.log = log
        client = OpenerClient(disconnectedOn: loop)
        switch consume source {
        case .process(let process, let again):
            origin = .process(again: again)
            try take(process)
        case .service(let path):
            origin = .service(path)
            connect()
        }
    }

    /// What is wrong, and what to do about it; nil if nothing is. One that is about to come is not missed.
    var problem: StatusProblem? {
        guard isMissed else { return nil }
        switch origin {
        case .process(again: nil):
            return StatusProblem(
                "the opener is gone: what is held is served, nothing new can be opened",
                remedy: "start the broker again; its log says how the opener ended")
        case .process:
            return StatusProblem(
                "the opener is gone: what is held is served, nothing new can be opened",
                remedy: "wait: another is started; the broker's log says how the opener ended")
        case .service(let path):
            return StatusProblem(
                "there is no opener at \(path): what is held is served, nothing new can be opened",
                remedy:
                    "systemctl status vaultd-opener.socket 'vaultd-opener@*', says why; it is tried again by itself"
            )
        }
    }

    private func connect() {
        do throws(Errno) {
            switch origin {
            case .process(let again?): try take(try again())
            case .process(nil): return
            case .service(let path):
                client = try OpenerClient(
                    connected: try OpenerSource.connect(to: path), loop: loop, timeLimit: timeLimit,
                    onArrival: { [weak self] in self?.arrived() },
                    onDeath: { [weak self] _ in self?.lost("it has ended") })
            }
        } catch {
            lost("\(error)")
        }
    }

    private func take(_ process: consuming OpenerProcess) throws(Errno) {
        client = try OpenerClient(process, loop: loop, timeLimit: timeLimit) { [weak self] status in
            self?.lost(status.map { "\($0)" } ?? "unknown")
        }
        arrived()
    }

    private func arrived() {
        arrival = .now
        guard isMissed else { return }
        isMissed = false
        log.notice("the opener is there again")
        onReturn()
    }

    private func lost(_ why: String) {
        let isNew = !isMissed
        isMissed = true
        switch origin {
        case .process(again: nil):
            log.critical("the opener is gone (\(why)): what is held is served, nothing can be opened")
            return onLoss()
        case .process:
            if isNew { log.critical("the opener is gone (\(why)): another is started") }
        case .service(let path):
            if isNew {
                log.critical(
                    "there is no opener: what is held is served, nothing can be opened until there is one",
                    metadata: ["why": "\(why)", "socket": "\(path)"])
            }
        }
        // One that ends as soon as it has begun is not asked for again and again without a pause.
        if let arrival, BootTime.now >= arrival.advanced(by: Self.longestPause) { pause = Self.firstPause }
        arrival = nil
        _ = loop.timer(after: pause) { [weak self] in self?.connect() }
        pause = min(pause * 2, Self.longestPause)
    }
}
