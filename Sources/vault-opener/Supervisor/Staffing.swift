// SPDX-License-Identifier: Apache-2.0

import Descriptors

/// When workers may be started: at once, unless they cannot be started or die before they have done anything, which
/// would go on without end.
struct Staffing {
    private var failures = 0
    private var notBefore: Int64 = 0

    private static let firstPause: Int64 = 50_000
    private static let longestPause: Int64 = 5_000_000

    var mayStart: Bool { SystemClock.bootTimeUSec() >= notBefore }

    /// When to try again, in microseconds of the boot clock, if that is not now.
    var retryTime: Int64? { mayStart ? nil : notBefore }

    mutating func noteFailure() {
        let pause = min(Self.firstPause << min(failures, 16), Self.longestPause)
        failures += 1
        notBefore = SystemClock.bootTimeUSec() + pause
    }

    mutating func noteSuccess() {
        failures = 0
    }
}
