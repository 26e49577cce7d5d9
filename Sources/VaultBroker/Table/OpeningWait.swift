// SPDX-License-Identifier: Apache-2.0

/// Who waits for a number of openings to be settled.
struct OpeningWait {
    private var left: Int
    private var continuation: CheckedContinuation<Void, Never>?

    /// Nobody waits.
    init() {
        left = 0
    }

    init(left: Int, continuation: CheckedContinuation<Void, Never>) {
        self.left = left
        self.continuation = continuation
    }

    /// One more is settled, well or not.
    mutating func countDown() {
        left -= 1
        if left == 0 { end() }
    }

    /// Waits no longer. What is settled later is nobody's concern.
    mutating func end() {
        continuation?.resume()
        continuation = nil
    }
}
