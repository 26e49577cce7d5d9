// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization
import TerminalKit
import VaultClient
import VaultInterface

/// What the broker tells of names, on a thread of its own; it goes on where it was when the broker is there again.
final class WatchedNames: Sendable {
    private struct State {
        var events: [BrokerInterface.Event] = []
        var cursor: String?
        /// A watching has begun that may have missed something.
        var isNew = false
        /// The rules may let other names be watched than before.
        var mayHaveChanged = false
    }

    private let state = Mutex(State())
    private static let shortestPause: UInt32 = 1
    private static let longestPause: UInt32 = 8
    /// Each denial is a record.
    private static let pauseOfDenied: UInt32 = 60

    /// Finds the place from which to watch, on the calling thread.
    func begin(_ location: BrokerLocation) throws(Failure) {
        let reply = try BrokerConnection(location, timeLimit: .seconds(30)).first(
            BrokerInterface.Watch.self, .init(pattern: nil, cursor: nil))
        state.withLock { $0.cursor = reply?.cursor }
    }

    /// Watches from there, for as long as the process runs.
    /// - Parameter wake: called on the thread whenever there is something to be taken.
    func follow(_ location: BrokerLocation, _ wake: @escaping @Sendable () -> Void) {
        startThread(named: "vault-watch") { [self] in
            var pause = Self.shortestPause
            var isFirst = true
            var isSaid = false
            while true {
                let wasFirst = isFirst
                let failure = watch(location) { isBeginning in
                    if isBeginning, !wasFirst { self.state.withLock { $0.isNew = true } }
                    isFirst = false
                    isSaid = false
                    pause = Self.shortestPause
                    wake()
                }
                if failure.parameter == "cursor" { state.withLock { $0.cursor = nil } }
                if failure.isDenial {
                    // What may not be watched may not be had any more either, or it may: that is asked.
                    state.withLock { $0.isNew = true }
                    wake()
                    pause = Self.pauseOfDenied
                }
                if !isSaid {
                    StandardOutput.writeError(
                        "vault: exec: \(failure.message.escaped); until that has changed nothing is renewed\n")
                    isSaid = true
                }
                sleep(pause)
                pause = max(pause, min(pause * 2, Self.longestPause))
            }
        }
    }

    /// - Parameter heard: called with whether this is the first of a watching.
    /// - Returns: why it has ended.
    private func watch(_ location: BrokerLocation, _ heard: (Bool) -> Void) -> Failure {
        do {
            var isBeginning = true
            try BrokerConnection(location).callMore(
                BrokerInterface.Watch.self, .init(pattern: nil, cursor: state.withLock { $0.cursor }), isEndless: true
            ) { reply in
                state.withLock {
                    $0.events += reply.events
                    $0.cursor = reply.cursor
                    if reply.events.isEmpty { $0.mayHaveChanged = true }
                }
                heard(isBeginning)
                isBeginning = false
            }
        } catch let failure as Failure {
            return failure
        } catch {
            return Failure(.unavailable, "\(error)", next: "")
        }
        return Failure(.unavailable, "the broker stopped", next: "")
    }

    /// What has come since the last call, whether something may have been missed before it, and whether it may be other names
    /// now that are watched.
    func take() -> (events: [BrokerInterface.Event], isNew: Bool, mayHaveChanged: Bool) {
        state.withLock { state in
            defer {
                state.events = []
                state.isNew = false
                state.mayHaveChanged = false
            }
            return (state.events, state.isNew, state.mayHaveChanged)
        }
    }
}
