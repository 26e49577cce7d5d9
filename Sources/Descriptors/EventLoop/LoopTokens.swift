// SPDX-License-Identifier: Apache-2.0

/// Names one watch of one loop. No other watch of that loop ever gets it again, though descriptor numbers are reused.
public struct WatchToken: Hashable, Sendable {
    let value: UInt64
}

/// Names one timer of one loop; never used again.
public struct TimerToken: Hashable, Sendable {
    let value: UInt64
}
