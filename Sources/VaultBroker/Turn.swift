// SPDX-License-Identifier: Apache-2.0

/// Lets one at a time through, in the order in which they came; the others wait without holding a thread.
///
/// Lives inside an actor: what it guards are the awaits between the parts of one change.
struct Turn {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Whether somebody has the turn now.
    var isBusy: Bool { isTaken }

    /// Takes the turn if it is free; otherwise `false`, and the caller enters `wait`.
    mutating func takeIfFree() -> Bool {
        guard !isTaken else { return false }
        isTaken = true
        return true
    }

    /// Queues one who found the turn taken; it has the turn when it is resumed.
    mutating func wait(_ continuation: CheckedContinuation<Void, Never>) {
        waiting.append(continuation)
    }

    /// Ends the turn, and gives it to the next.
    mutating func pass() {
        guard !waiting.isEmpty else {
            isTaken = false
            return
        }
        waiting.removeFirst().resume()
    }
}
