// SPDX-License-Identifier: Apache-2.0

/// One moment on two clocks. Within the boot that it names, the times of a rule run on the boot clock, which nobody
/// can set; in any other boot only the wall clock is left.
package struct TimeAnchor: Sendable, Hashable {
    package var bootID: String
    /// Microseconds of `CLOCK_BOOTTIME`.
    package var bootUSec: Int64
    /// Microseconds of `CLOCK_REALTIME` at the same moment.
    package var wallUSec: Int64

    package init(bootID: String, bootUSec: Int64, wallUSec: Int64) {
        self.bootID = bootID
        self.bootUSec = bootUSec
        self.wallUSec = wallUSec
    }
}
