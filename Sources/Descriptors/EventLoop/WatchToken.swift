// SPDX-License-Identifier: Apache-2.0

/// Names one watch of one loop. No other watch of that loop ever gets it again, though descriptor numbers are reused.
public struct WatchToken: Hashable, Sendable {
    let value: UInt64
}
