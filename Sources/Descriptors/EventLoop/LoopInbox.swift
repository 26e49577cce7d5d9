// SPDX-License-Identifier: Apache-2.0

/// What other threads leave for the loop.
struct LoopInbox {
    var jobs: [UnownedJob] = []
    var isStopRequested = false
    /// The loop has been woken and has not looked yet: nobody needs to wake it again.
    var isWakeUpPending = false
}
