// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How far it is, on one line of a terminal; nothing elsewhere.
package final class Progress: Sendable {
    private let what: String
    private let isShown = Terminal.error.isTerminal
    private let last = Mutex<ContinuousClock.Instant?>(nil)
    private let hasLine = Atomic<Bool>(false)

    package init(_ what: String) {
        self.what = what
    }

    /// At most ten times a second, from any thread.
    package func show(_ done: UInt64, of all: UInt64) {
        guard isShown, all > 0 else { return }
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            guard done < all, last.map({ now - $0 > .milliseconds(100) }) ?? true else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        hasLine.store(true, ordering: .relaxed)
        StandardOutput.writeError(
            "\r\(what) \(done) of \(all) records, \(Int(Double(done) / Double(all) * 100)) %\u{1B}[K")
    }

    /// Takes the line away.
    package func finish() {
        if hasLine.load(ordering: .relaxed) { StandardOutput.writeError("\r\u{1B}[K") }
    }
}
