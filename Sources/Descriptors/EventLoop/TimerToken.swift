// SPDX-License-Identifier: Apache-2.0

/// Names one timer of one loop; never used again.
public struct TimerToken: Hashable, Sendable {
    let value: UInt64
}
